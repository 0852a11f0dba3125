import Glibc
import NATHost
import NATModel
import NATTesting
import Testing

/// More flows than the kernel of the tests holds, and one host that has very many of them.
@Suite(.serialized) struct ManyFlowsTests {
    private static let flows = 1_000_000
    private static let ofBusiest = 100_000
    private static let others = 5_000

    /// Resident memory of this process, in bytes. Source: proc(5), `statm`.
    private static var resident: Int {
        let file = fopen("/proc/self/statm", "r")
        defer { if let file { fclose(file) } }
        var line = [CChar](repeating: 0, count: 256)
        guard let file, fgets(&line, 256, file) != nil else { return 0 }
        let words = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
            .split(separator: " ")
        return (words.count > 1 ? Int(words[1]) ?? 0 : 0) * 4096
    }

    private func expect(_ totals: FlowTotals) {
        #expect(totals.flows == Self.flows && totals.translated == Self.flows)
        #expect(totals.hosts.count == Self.others + 1)
        let busiest = totals.hosts[FlowFlood.busiest]
        #expect(busiest?.flows == Self.ofBusiest)
        #expect(busiest?.seen[FlowFlood.egress]?.replied == Self.ofBusiest)
        #expect(busiest?.carried?.sentBytes == UInt64(Self.ofBusiest * 100))
        let rest = Self.flows - Self.ofBusiest
        #expect(totals.hosts[FlowFlood.firstOther]?.flows == rest / Self.others)
        #expect(totals.hosts.values.reduce(0) { $0 + $1.flows } == Self.flows)
        #expect(totals.ports.first?.used == rest + 50_000)
    }

    @Test func `a million flows are added up, and none of them is kept`() async throws {
        let kernel = KernelConntrack(
            FlowFlood(Self.flows, ofBusiest: Self.ofBusiest, others: Self.others))
        let before = Self.resident
        let once = try #require(
            await kernel.total(FlowTally(after: nil)) { $0.add($1) }.value)
        let grown = Self.resident - before
        print("a million flows, once:", grown >> 10, "kB")
        // As much as five thousand hosts take.
        #expect(grown < 8 << 20)
        expect(once.totals)
        #expect(once.totals.hosts[FlowFlood.busiest]?.begun == nil)
    }

    @Test
    func `what tells new flows of a million takes sixteen bytes a flow, and room to find them`()
        async throws
    {
        let kernel = KernelConntrack(
            FlowFlood(Self.flows, ofBusiest: Self.ofBusiest, others: Self.others))
        let before = Self.resident
        let first = try #require(await kernel.total(FlowTally()) { $0.add($1) }.value)
        let more = KernelConntrack(
            FlowFlood(Self.flows + 7, ofBusiest: Self.ofBusiest, others: Self.others))
        let second = try #require(
            await more.total(FlowTally(after: first.memory)) { $0.add($1) }.value)
        let grown = Self.resident - before
        print("a million flows, again and again:", grown >> 10, "kB")
        // Two tables of two million places, for the first is still at hand.
        #expect(grown < 2 * (2 * Self.flows * 16) + 40 << 20)
        let totals = second.totals
        #expect(totals.flows == Self.flows + 7)
        #expect(totals.hosts.values.reduce(0) { $0 + ($1.begun ?? 0) } == 7)
        #expect(totals.hosts[FlowFlood.busiest]?.begun == 0)
        #expect(totals.hosts[FlowFlood.busiest]?.carriedSince?.sentBytes == 0)
    }
}
