import NATModel

#if canImport(Glibc)
    import Glibc
#endif

/// Brings the gate into the kernel, and tells what it is.
struct GateKeeper: Sendable {
    let table: any GateTable
    let files: any HostFiles
    private let decoded = Decoded<Record?>()

    /// What the file says: the gate, and what the kernel told of it then. A third line has the shape
    /// of the table; the first natdecks wrote none.
    private typealias Record = (gate: Gate, table: GateState)

    /// The gate as the kernel holds it; `.value(nil)` where there is none, and none was made.
    ///
    /// A table that is not as natdeck made it, or is gone, is an empty gate: it was lost, and is to
    /// be made again or to go for good.
    func reading() async -> Reading<Gate?> {
        do throws(ReadFailure) { return await reading(of: try record(), nil) } catch {
            return await reading(of: nil, error)
        }
    }

    private func reading(of noted: Record?, _ unread: ReadFailure?) async -> Reading<Gate?> {
        switch await table.state(noted: noted?.table) {
        case .failed(let failure): return .failed(failure)
        case .value(let state):
            if let unread { return .failed(unread) }
            guard let noted else { return .value(state == nil ? nil : Gate()) }
            return .value(noted.table.fingerprint == state?.fingerprint ? noted.gate : Gate())
        }
    }

    /// Decodes the file as it is, so that it need not be decoded again when the gate is read.
    func decode() {
        if decoded.isKnown { return }
        // Why it cannot be read is told by whoever reads it then.
        _ = try? record()
    }

    /// Makes this the gate, in one transaction of the kernel; `nil` takes it away.
    ///
    /// - Returns: why that failed; `nil` where it is done.
    func set(_ gate: Gate?) async -> RoutingChangeReport.Failure? {
        await set(gate, over: Self.known(reading()))
    }

    /// Changes the map of the gate, all in one transaction of the kernel.
    ///
    /// Where the table is not as it was made, it is made anew from what was written down of it: a
    /// change that was cut short is taken back so.
    ///
    /// - Returns: why that failed; `nil` where it is done.
    func change(_ changes: [MapChange]) async -> RoutingChangeReport.Failure? {
        let noted: Record?
        do throws(ReadFailure) { noted = try record() } catch {
            return .init(number: EIO, reason: "\(error)")
        }
        guard let noted, noted.gate.map != nil else {
            return .init(number: ENOENT, reason: "the map that steers sources is gone")
        }
        let present = Self.known(await reading(of: noted, nil))
        return await set(noted.gate.changed(changes), over: present)
    }

    /// What the kernel's table is known to be; `nil` where it is not as natdeck made it.
    private static func known(_ reading: Reading<Gate?>) -> Gate? {
        guard case .value(let gate?) = reading, !gate.isEmpty, !gate.isOfAnotherShape else {
            return nil
        }
        return gate
    }

    private func set(
        _ gate: Gate?, over present: Gate?
    ) async -> RoutingChangeReport.Failure? {
        let made: GateState?
        do throws(RoutingChangeReport.Failure) {
            made = try await table.set(gate, over: present)
        } catch { return error }
        do throws(ReadFailure) {
            guard let gate, !gate.isEmpty else {
                try files.remove(Gate.path)
                return nil
            }
            guard let made else {
                return .init(
                    number: ENOENT, reason: "the table is gone that was just made",
                    isUncertain: true)
            }
            // Without the record it would count as another one, and be made again.
            let text = "\(gate)\n\(made)\nshape \(Gate.shape)\n"
            try files.write(text, to: Gate.path)
            var noted = gate
            noted.isOfAnotherShape = false
            decoded.remember(Array(text.utf8), (noted, made))
            return nil
        } catch {
            return .init(number: EIO, reason: "\(error)", isUncertain: true)
        }
    }

    private func record() throws(ReadFailure) -> Record? {
        guard let bytes = try files.read(Gate.path) else { return nil }
        return decoded.value(of: bytes, Self.record)
    }

    private static func record(_ bytes: [UInt8]) -> Record? {
        // Bytes and not characters: the first line may name ten thousand sources.
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        // A file that says something else is no record: the next plan makes the gate anew.
        guard lines.count >= 2, var gate = Gate(lines[0]), let state = GateState(lines[1]) else {
            return nil
        }
        gate.isOfAnotherShape = lines.count < 3 || lines[2] != "shape \(Gate.shape)"
        return (gate, state)
    }
}
