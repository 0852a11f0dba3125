import FoundationEssentials
import NATDoctor
import NATModel
import NATScreen
import Testing

@testable import natdeck

/// What people read on a terminal; `NATDECK_UPDATE_GOLDENS=1` writes the files anew.
@Suite struct TextTests {
    @Test func `status looks as it was agreed, wide names included`() throws {
        try Self.check("status", StatusText(snapshot: Self.box).text)
    }

    @Test(arguments: [false, true])
    func `doctor looks as it was agreed, wide names included`(isASCII: Bool) throws {
        let text = DoctorText(checks: Self.box.checks, isASCII: isASCII).text
        try Self.check(isASCII ? "doctor-ascii" : "doctor", text)
    }

    @Test func `columns of wide names line up on the screen`() {
        let lines = TextTable(["NAME", "COUNT", "NOTE"], rightAligned: [1])
            .lines([["東京", "1", "x"], ["e\u{301}th0", "22", "x"], ["eth0", "333", "x"]])
        let starts = lines.dropFirst().map { line in
            line.firstIndex(of: "x").map { line[..<$0].cellWidth }
        }
        #expect(starts == [13, 13, 13])
    }

    @Test func `a long last column goes on below itself`() {
        let words = Array(repeating: "word", count: 30).joined(separator: " ")
        let lines = TextTable(["A", "B"]).lines([["東京", words]])
        #expect(lines.count > 2)
        #expect(lines.allSatisfy { $0.cellWidth <= 80 })
        #expect(lines.dropFirst(2).allSatisfy { $0.hasPrefix("      word") })
    }

    private static func check(_ name: String, _ text: String) throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
        let file = folder.appending(path: "Goldens/\(name).txt")
        if ProcessInfo.processInfo.environment["NATDECK_UPDATE_GOLDENS"] != nil {
            try Data(text.utf8).write(to: file)
        }
        #expect(try String(decoding: Data(contentsOf: file), as: UTF8.self) == text)
    }

    /// Two interfaces, one of a name that is wide on a screen, and a host on each.
    private static var box: Snapshot {
        let wide = "東京0"
        let gateway = IPv4Address(rawValue: 0xac1f_0001)
        let assigned = IPv4Prefix("172.31.26.176") ?? .all
        return Snapshot(
            takenAtMilliseconds: 0, hostName: "箱-1",
            interfaces: .value([nic("eth0", 2, 0xac1f_08cf), nic(wide, 3, 0xac1f_08d0)]),
            counters: .value(["eth0": InterfaceCounters(), wide: InterfaceCounters()]),
            rules: .value([
                RoutingPolicyRule(priority: 0, action: .lookup(table: FIBTable.local)),
                RoutingPolicyRule(
                    priority: 5000, source: assigned, action: .lookup(table: 20001),
                    protocolNumber: 201),
                RoutingPolicyRule(priority: 32766, action: .lookup(table: FIBTable.main)),
            ]),
            tables: .value([
                FIBTable(
                    id: FIBTable.main,
                    routes: [
                        Route(destination: .all, nextHop: gateway, interface: "eth0"),
                        Route(destination: .all, nextHop: gateway, interface: wide, metric: 10001),
                    ]),
                FIBTable(
                    id: 20001,
                    routes: [
                        Route(
                            destination: .all, nextHop: gateway, interface: wide,
                            protocolNumber: 201)
                    ]),
            ]),
            nat: .value([
                NATRuleSet(
                    backend: .nfTables, program: "iptables-nft",
                    chains: [
                        NATChain(
                            name: "POSTROUTING", policy: "ACCEPT", packets: 0, bytes: 0,
                            rules: ["eth0", wide].map { name in
                                NATRule(
                                    packets: 42, bytes: 2520, target: "MASQUERADE", output: name,
                                    source: "172.31.0.0/16", extra: "/* 東京 of an operator */")
                            })
                    ])
            ]),
            sysctls: .value(["net.ipv4.ip_forward": 1]), sysctlFile: .value(nil),
            cloud: .failed(ReadFailure("169.254.169.254", "no answer")),
            neighbours: .value([]), saved: .value(nil))
    }

    private static func nic(_ name: String, _ index: Int, _ own: UInt32) -> Interface {
        Interface(
            name: name, index: index, state: .up, mac: "02:00:00:00:00:0\(index)",
            addresses: [InterfaceAddress(IPv4Address(rawValue: own), prefixLength: 16)])
    }
}
