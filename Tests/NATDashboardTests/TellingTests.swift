import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

/// What rows tell of interfaces, names and deeds.
@Suite struct TellingTests {
    @Test func `an interface tells a rule's priority once, and how many there are`() {
        var driver = Driver(120, 40)
        var snapshot = SampleBox.snapshot(seconds: 3)
        let more = ["172.31.26.190", "172.31.26.191"].map {
            RoutingPolicyRule(
                priority: 5000, source: SampleBox.prefix($0), action: .lookup(table: 20001),
                protocolNumber: 201)
        }
        snapshot.rules = snapshot.rules.map { more + $0 }
        driver.read(snapshot)
        driver.press(.backTab, .down, .enter)
        #expect(driver.screen.contains("used by rule 5000 (3×)"))
        #expect(!driver.screen.contains("5000, 5000"))
    }

    @Test func `an interface with fifteen addresses is one row, and hides no other`() {
        var driver = Driver(160, 24)
        var snapshot = SampleBox.snapshot(seconds: 3)
        snapshot.cloud = snapshot.cloud.map { interfaces in
            var interfaces = interfaces
            interfaces[0].publicAddresses += (1...14).map { number in
                PublicAddress(
                    SampleBox.address("203.0.113.\(number)"),
                    privateAddress: SampleBox.address("172.31.9.\(number)"), source: .metadata)
            }
            return interfaces
        }
        driver.read(snapshot)
        #expect(driver.screen.contains("203.0.113.178 +14"))
        #expect(driver.screen.contains("● eth1"))
        #expect(driver.state.egressTable.rows.count == 2)
    }

    @Test func `names are whole where a wide screen has room for them`() {
        let long = "ip-172-31-26-176.eu-central-1.compute.internal"
        for (columns, isWhole) in [(200, true), (160, true), (100, false)] {
            var driver = Driver(columns, 40)
            driver.press(.character("N"))
            driver.answerNames(["172.31.26.176": long])
            let row = driver.screen.split(separator: "\n").first { $0.hasPrefix(" 172.31.26.176") }
            #expect(row?.contains(long) == isWhole, "\(columns): \(row ?? "")")
        }
    }

    @Test func `what somebody did is told with who did it and what followed`() {
        var driver = Driver(160, 40)
        driver.read(SampleBox.snapshot(seconds: 3))
        let rule = RoutingPolicyRule(
            priority: 100, source: SampleBox.prefix("172.31.26.176"),
            action: .lookup(table: FIBTable.main))
        let author = KernelAuthor(port: 812, process: 812, name: "ip", parent: "bash")
        driver.send(.kernelAnnounced([.ruleAdded(rule, by: author)]))
        var snapshot = SampleBox.snapshot(seconds: 4)
        snapshot.rules = snapshot.rules.map { [$0[0], rule] + $0.dropFirst() }
        driver.read(snapshot)
        #expect(
            driver.screen.contains(
                "≠ rule 100 «from 172.31.26.176 lookup main» was added by ip: 172.31.26.176 left eth1"
                    + " for eth0"))
        // What natdeck does itself stands in the history.
        driver.send(.kernelAnnounced([.ruleRemoved(rule, by: KernelAuthor(port: 1, isOwn: true))]))
        driver.read(SampleBox.snapshot(seconds: 5))
        #expect(!driver.screen.contains("was removed"))
        var off = SampleBox.snapshot(seconds: 6)
        off.sysctls = off.sysctls.map { $0.merging(["net.ipv4.ip_forward": 0]) { $1 } }
        driver.read(off)
        #expect(driver.screen.contains("○ net.ipv4.ip_forward became 0, it was 1"))
        driver.send(.kernelAnnounced([.addressAdded(index: 3, by: author)]))
        var wide = SampleBox.snapshot(seconds: 7)
        wide.interfaces = wide.interfaces.map { interfaces in
            var interfaces = interfaces
            interfaces[2].addresses.append(
                InterfaceAddress(SampleBox.address("172.31.8.99"), prefixLength: 16))
            return interfaces
        }
        driver.read(wide)
        #expect(driver.screen.contains("eth1 got the address 172.31.8.99/16 by ip"))
    }

    @Test func `a peak of a second is as high in a graph as it was`() {
        var traffic = Traffic()
        var bytes: UInt64 = 0
        for second in 0...60 {
            bytes += second == 30 ? 1000 : 1
            traffic.add(
                InterfaceCounters(rxBytes: bytes), atMilliseconds: Int64(second) * 1000)
        }
        let time = GraphTime(cells: 12, secondsPerCell: 5)
        #expect(
            time.peaks(traffic.history, .received, until: 60_000).compactMap(\.self).max() == 1000)
    }

    @Test func `that flows are read seldom is told as long as it is so`() {
        var driver = Driver(120, 40)
        func read(_ seconds: UInt64, _ parts: Set<SnapshotPart>, every span: Int64) {
            var snapshot = SampleBox.snapshot(seconds: seconds)
            snapshot.flows = snapshot.flows.map { flows in
                var flows = flows
                flows.spanMilliseconds = span
                flows.tookMilliseconds = 400
                return flows
            }
            driver.now += 1000
            driver.send(.snapshotRead(snapshot, parts: parts, atMilliseconds: driver.now))
        }
        read(3, [.flows], every: 8000)
        for seconds in 4...11 {
            #expect(driver.screen.contains("flows are read every"), "\(seconds)")
            read(UInt64(seconds), [.counters], every: 8000)
        }
        #expect(driver.screen.contains("these are 8 s old"))
        read(12, [.flows], every: 1000)
        #expect(!driver.screen.contains("flows are read every"))
    }
}
