import Glibc
import NATHost
import NATModel
import Synchronization

extension FakeHost: GateTable {
    package func set(
        _ gate: Gate?, over present: Gate?
    ) async throws(RoutingChangeReport.Failure) -> GateState? {
        if let failure = put(gate) { throw failure }
        let box = box
        return box.gate.map { GateState(fingerprint: Self.fingerprint(of: $0, box.strangeInGate)) }
    }

    private func put(_ gate: Gate?) -> RoutingChangeReport.Failure? {
        state.withLock { state in
            let fault = state.beginChange(gate.map { "gate \($0)" } ?? "gate none")
            if fault == .refused { return .init(number: EINVAL, reason: "told to fail") }
            if fault == .hungBefore { return Self.lost }
            if let lack = state.box.lacksGate { return .init(number: ENOENT, reason: lack) }
            state.box.gate = gate.flatMap { $0.isEmpty ? nil : $0 }
            state.box.gate?.isOfAnotherShape = false
            state.box.strangeInGate = ""
            return fault == nil ? nil : Self.lost
        }
    }

    package func state(noted: GateState?) async -> Reading<GateState?> {
        let box = box
        if let lack = box.lacksGate {
            return .failed(ReadFailure("nft list table ip natdeck", lack))
        }
        return .value(
            box.gate.map { GateState(fingerprint: Self.fingerprint(of: $0, box.strangeInGate)) })
    }

    /// The table that iptables makes is not told apart from an empty one here.
    package func removeEmptyNAT() async {}

    private static func fingerprint(of gate: Gate, _ strange: String) -> UInt64 {
        "\(gate) \(strange)".utf8.reduce(5381) { $0 &* 33 &+ UInt64($1) }
    }

    /// The note by which natdeck knows a gate again that it has made.
    static func note(of gate: Gate, _ box: FakeBox) -> String {
        "\(gate)\n\(String(fingerprint(of: gate, ""), radix: 16))\nshape \(Gate.shape)\n"
    }

    /// Makes a gate as natdeck does, with the note by which it knows it again.
    package func make(_ gate: Gate?) async -> RoutingChangeReport.Failure? {
        if let failure = put(gate) { return failure }
        setNotes(Gate.path, box.gate.map { Self.note(of: $0, box) })
        return nil
    }

    private static let lost = RoutingChangeReport.Failure(
        number: ETIMEDOUT, reason: "no answer", isUncertain: true)
}
