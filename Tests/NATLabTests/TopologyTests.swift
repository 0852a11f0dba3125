import NATLab
import NATModel
import Testing

struct TopologyTests {
    @Test(arguments: ["", "-x", "a/b", "..", "a b", "ü", String(repeating: "a", count: 41)])
    func `a name that is no part of a path is refused`(prefix: String) async {
        let error = await #expect(throws: LabError.self) {
            try await Lab.up(Topology.scenario.named(prefix))
        }
        #expect(error?.status == 64)
    }

    @Test func `an address given twice is refused`() async {
        var topology = Topology.scenario
        topology.hosts[1].address = topology.hosts[0].address
        let error = await #expect(throws: LabError.self) { try await Lab.up(topology) }
        #expect(error?.reason == "the address 172.31.26.175 is given twice")
    }
}
