import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

/// An interface with several public addresses is several egresses.
@Suite struct EgressRowTests {
    private static let own = SampleBox.address("172.31.8.209")

    /// The box of the scenario with a second address on eth1; host 176 leaves with it.
    private static func box() -> Snapshot {
        var snapshot = SampleBox.snapshot()
        snapshot.interfaces = snapshot.interfaces.map { interfaces in
            interfaces.map { interface in
                var interface = interface
                if interface.name == "eth1" {
                    interface.addresses.append(InterfaceAddress(own, prefixLength: 16))
                }
                return interface
            }
        }
        snapshot.cloud = snapshot.cloud.map { cloud in
            cloud.map { nic in
                var nic = nic
                if nic.publicAddresses.first?.privateAddress == SampleBox.address("172.31.8.208") {
                    nic.publicAddresses.append(
                        PublicAddress(
                            SampleBox.address("203.0.113.196"), privateAddress: own,
                            source: .metadata))
                }
                return nic
            }
        }
        snapshot.gate = .value(
            Gate(
                addresses: GivenAddresses(
                    entries: [
                        .init(
                            Egress("eth1", addresses: [own]),
                            sources: [SampleBox.prefix("172.31.26.176")])
                    ])))
        snapshot.saved = .value([
            SavedAssignment(
                source: SampleBox.prefix("172.31.26.176"),
                egress: Egress("eth1", addresses: [own]))
        ])
        snapshot.flows = .value(
            SampleBox.flows([
                "172.31.26.175": [("172.31.8.207", 118)], "172.31.26.176": [("172.31.8.209", 12)],
            ]))
        return snapshot
    }

    private func driver(_ snapshot: Snapshot) -> Driver {
        var driver = Driver(200, 60, snapshots: 0)
        driver.read(snapshot)
        driver.press(.home)
        return driver
    }

    /// The words of the first line that holds all of these.
    private func words(_ driver: Driver, _ texts: String...) -> [Substring] {
        let line = driver.screen.split(separator: "\n").first { line in
            texts.allSatisfy { line.contains($0) }
        }
        return line?.split(separator: " ") ?? []
    }

    @Test func `each public address has a row, with what leaves by it`() {
        let driver = driver(Self.box())
        #expect(
            words(driver, "203.0.113.195", "172.31.8.208").prefix(4) == [
                "●", "eth1", "203.0.113.195", "172.31.8.208",
            ])
        let second = words(driver, "203.0.113.196", "172.31.8.209")
        #expect(second.prefix(3) == ["eth1", "203.0.113.196", "172.31.8.209"])
        // Its flows and its hosts, and none of the interface's own figures.
        #expect(second.contains("12"), "\(second)")
        #expect(second.contains("1"))
        let host = words(driver, "172.31.26.176 ")
        #expect(host.contains("203.0.113.196") && host.contains("✓"), "\(host)")
    }

    @Test func `flows with another address of the interface are not as wanted`() {
        var snapshot = Self.box()
        snapshot.flows = .value(SampleBox.flows(["172.31.26.176": [("172.31.8.208", 12)]]))
        let host = words(driver(snapshot), "172.31.26.176 ")
        #expect(!host.contains("✓") && host.contains("≠"), "\(host)")
    }

    @Test func `an address that the box lacks closes its hosts, and the row says so`() {
        var snapshot = Self.box()
        snapshot.interfaces = SampleBox.snapshot().interfaces
        let driver = driver(snapshot)
        #expect(driver.screen.contains("closed: 172.31.8.209 is not"), "\(driver.screen)")
    }

    @Test func `the choice of an egress offers each address`() throws {
        var driver = driver(Self.box())
        driver.press(.character("A"))
        driver.type("172.31.26.175")
        driver.press(.enter)
        for word in ["3 eth1", "203.0.113.196", "172.31.8.209"] {
            #expect(driver.screen.contains(word), "\(driver.screen)")
        }
        driver.press(.character("3"))
        guard case .confirming(let dialog) = driver.state.mode,
            case .assign(_, let egress, _) = dialog.plan.intent
        else {
            Issue.record("no plan: \(driver.screen)")
            return
        }
        #expect(egress == Egress("eth1", addresses: [Self.own]))
    }
}
