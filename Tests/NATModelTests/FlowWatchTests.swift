import NATModel
import Testing

@Suite struct FlowWatchTests {
    private static func address(_ text: String) -> IPv4Address {
        IPv4Address(text) ?? IPv4Address(rawValue: 0)
    }

    private static let host = address("172.31.26.176")
    private static let source = IPv4Prefix(host)

    private static func flow(
        _ number: UInt32, seenAs own: String = "172.31.8.208", replied: Bool = true,
        from source: IPv4Address = host, to destination: String = "198.51.100.10"
    ) -> ConntrackFlow {
        let port = UInt16(1000 + number)
        var flow = ConntrackFlow(
            original: .init(
                source: source, destination: address(destination), transport: 6, sourcePort: port,
                destinationPort: 443),
            reply: .init(
                source: address(destination), destination: address(own), transport: 6,
                sourcePort: 443, destinationPort: port),
            status: ConntrackFlow.status(
                hasReplied: replied, isSourceTranslated: source != address(own)))
        flow.number = number
        return flow
    }

    @Test func `a flow from before proves nothing`() {
        var watch = FlowWatch([Self.source], before: [Self.flow(1, seenAs: "172.31.8.207")])
        #expect(watch.look(at: [Self.flow(1, seenAs: "172.31.8.207")]) == nil)
        #expect(watch.verdict == .silent)
        let outcome = watch.look(at: [Self.flow(1, seenAs: "172.31.8.207"), Self.flow(2)])
        #expect(outcome == .answered(FlowKey(Self.flow(2)), as: Self.address("172.31.8.208")))
    }

    @Test func `what is not answered proves nothing yet, and is told in the end`() {
        var watch = FlowWatch([Self.source], before: [])
        #expect(
            watch.look(at: [Self.flow(1, replied: false), Self.flow(2, replied: false)]) == nil)
        #expect(watch.verdict == .unanswered(2))
        let outcome = watch.look(at: [Self.flow(1), Self.flow(2, replied: false)])
        #expect(outcome == .answered(FlowKey(Self.flow(1)), as: Self.address("172.31.8.208")))
    }

    @Test func `flows of others and flows within private networks prove nothing`() {
        var watch = FlowWatch([Self.source], before: [])
        let other = Self.flow(1, from: Self.address("172.31.26.175"))
        let inside = Self.flow(2, seenAs: "172.31.26.176", to: "10.0.0.9")
        #expect(watch.look(at: [other, inside]) == nil)
        #expect(watch.verdict == .silent)
    }

    @Test func `a selection means the translated flows of a source, or one flow`() {
        let old = Self.flow(1, seenAs: "172.31.8.207")
        let flows = [old, Self.flow(2), Self.flow(3, from: Self.address("172.31.26.175"))]
        func chosen(_ selections: FlowSelection...) -> [UInt32?] {
            let all = FlowSelections(selections)
            let found = flows.filter { all.contains($0) }.map(\.number)
            #expect(
                found
                    == flows.filter { flow in selections.contains { $0.contains(flow) } }
                    .map(\.number))
            return found
        }
        #expect(chosen(FlowSelection(Self.source)) == [1, 2])
        #expect(chosen(FlowSelection(Self.source, seenAs: Self.address("172.31.8.207"))) == [1])
        #expect(chosen(FlowSelection(FlowKey(old))) == [1])
        #expect(chosen(FlowSelection(FlowKey(old)), FlowSelection(Self.source)) == [1, 2])
        #expect(chosen(FlowSelection(IPv4Prefix(Self.host, length: 24))) == [1, 2, 3])
    }

    @Test func `a selection may leave out what is marked, in the bits that count`() {
        var marked = Self.flow(1, seenAs: "172.31.8.207")
        marked.mark = 0x0300_0000
        var other = Self.flow(2, seenAs: "172.31.8.207")
        other.mark = 0x0000_0007
        for address in [nil, Self.address("172.31.8.207")] {
            var selection = FlowSelection(Self.source, seenAs: address)
            selection.unmarkedIn = 0xff00_0000
            #expect([marked, other].map(selection.contains) == [false, true])
            #expect([marked, other].map(FlowSelections([selection]).contains) == [false, true])
            #expect(
                selection.deletion.arguments.suffix(2) == ["-m", "0x0/0xff000000"])
            selection.unmarkedIn = nil
            #expect([marked, other].map(FlowSelections([selection]).contains) == [true, true])
        }
    }

    @Test func `only selections of one host have one`() {
        let one = FlowSelection(Self.source)
        #expect(FlowSelections([one, FlowSelection(FlowKey(Self.flow(1)))]).onlyHost == Self.host)
        #expect(FlowSelections([FlowSelection(IPv4Prefix(Self.host, length: 24))]).onlyHost == nil)
        let other = FlowSelection(IPv4Prefix(Self.address("10.0.0.1")))
        #expect(FlowSelections([one, other]).onlyHost == nil)
        #expect(FlowSelections([]).onlyHost == nil)
    }

    @Test func `of many connections the five largest are told, and where none counts the oldest`() {
        var live = LiveConnections()
        for number in UInt32(1)...20 {
            var flow = Self.flow(number)
            flow.traffic = .init()
            flow.traffic?.originalBytes = UInt64(number % 7)
            live.add(flow)
        }
        #expect(live.count == 20)
        #expect(live.largest.map(\.traffic?.bytes) == [6, 6, 6, 5, 5])
        var untold = LiveConnections()
        for number in UInt32(1)...9 {
            var flow = Self.flow(number)
            flow.beganAtNanoseconds = UInt64(100 - number)
            untold.add(flow)
        }
        #expect(untold.largest.map(\.number) == [9, 8, 7, 6, 5])
    }
}
