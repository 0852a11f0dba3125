import NATModel
import NATPlan
import NATTesting

extension FakeBox {
    /// The scenario's box after the hand procedure: EC2-B looks up table 10001.
    static var byHand: FakeBox {
        var box = scenario
        box.addRule(
            RoutingPolicyRule(
                priority: 32764, source: source("172.31.26.176"), action: .lookup(table: 10001)))
        return box
    }

    /// The box after these intents were carried out on it.
    func after(_ intents: Intent...) async throws -> FakeBox {
        let host = FakeHost(self)
        for intent in intents { try await carryOut(try await host.plan(intent), on: host) }
        return host.box
    }

    /// The box as an earlier natdeck would have made it: a rule for everybody in place of routes of
    /// type `throw`.
    var earlier: FakeBox {
        with { box in
            for id in box.tables.keys { box.tables[id]?.removeAll { $0.type == "throw" } }
            box.addRule(
                RoutingPolicyRule(
                    priority: 4990, action: .lookup(table: FIBTable.main), protocolNumber: 201,
                    suppressPrefixLength: 0))
        }
    }

    /// The box with something changed.
    func with(_ change: (inout FakeBox) -> Void) -> FakeBox {
        var box = self
        change(&box)
        return box
    }

    /// An empty nat table.
    var withoutNAT: FakeBox { with { $0.nat = [.nfTables: FakeBox.emptyChains] } }
}

let setup = Intent.setup(SetupOptions())
