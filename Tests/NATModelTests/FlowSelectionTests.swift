import NATModel
import Testing

/// Which flows a selection means, by itself and among others.
@Suite struct FlowSelectionTests {
    private func address(_ text: String) throws -> IPv4Address { try #require(IPv4Address(text)) }
    private func prefix(_ text: String) throws -> IPv4Prefix { try #require(IPv4Prefix(text)) }

    private func flow(
        _ source: String, to destination: String, seenAs: String? = nil
    ) throws -> ConntrackFlow {
        let (source, destination) = (try address(source), try address(destination))
        return ConntrackFlow(
            original: ConntrackFlow.Tuple(
                source: source, destination: destination, transport: 17, sourcePort: 4000,
                destinationPort: 53),
            reply: ConntrackFlow.Tuple(
                source: destination, destination: try seenAs.map(address) ?? source, transport: 17,
                sourcePort: 53, destinationPort: 4000),
            status: ConntrackFlow.status(hasReplied: true, isSourceTranslated: seenAs != nil))
    }

    @Test func `what nothing translates is meant without the sources that are left out`() throws {
        let selection = FlowSelection(
            untranslated: try prefix("10.0.0.0/16"),
            but: [try prefix("10.0.0.1"), try prefix("10.0.9.0/24")])
        let flows = [
            (try flow("10.0.3.7", to: "198.51.100.10"), true),
            (try flow("10.0.3.7", to: "198.51.100.10", seenAs: "203.0.113.9"), false),
            (try flow("10.0.3.7", to: "192.168.4.4"), false),
            (try flow("10.0.0.1", to: "198.51.100.10"), false),
            (try flow("10.0.9.7", to: "198.51.100.10"), false),
            (try flow("10.1.0.7", to: "198.51.100.10"), false),
        ]
        // One of translated flows beside it changes nothing of what it means.
        let all = FlowSelections([selection, FlowSelection(try prefix("10.7.0.0/16"))])
        for (flow, isMeant) in flows {
            #expect(selection.contains(flow) == isMeant, "\(flow)")
            #expect(all.contains(flow) == isMeant, "\(flow)")
        }
        #expect(all.contains(try flow("10.7.0.1", to: "198.51.100.10", seenAs: "203.0.113.9")))
        #expect(!all.contains(try flow("10.7.0.1", to: "198.51.100.10")))
        #expect(
            selection.deletion
                == Command("conntrack", "-D", "-s", "10.0.0.0/16", "-q", "10.0.0.0/16"))
    }
}
