import FoundationEssentials
import NATModel
import NATPlan

/// A copy of the journal that a reboot does not take along.
///
/// What a change did to the kernel goes with the boot, and so does the journal. What it wrote into
/// files does not, and neither does the promise to take it back unless it is kept. So a change that
/// waits for its keep, or that writes files, is written down here too until it is settled.
struct PendingCopy: Sendable {
    static let path = "/etc/natdeck/pending"

    let files: any HostFiles

    /// The change that was not settled when the journal went; `nil` where there is none.
    func read() throws(ReadFailure) -> ChangeRecord? {
        guard let bytes = try files.read(Self.path) else { return nil }
        guard var record = ChangeRecord(json: bytes) else {
            throw ReadFailure(
                Self.path, "it is corrupt",
                fix: "look at it and at natdeck status, then: rm \(Self.path)")
        }
        // How far it had come was told by the journal. What was kept stays kept; of anything else
        // every step may stand.
        if case .keeping = record.phase { return record }
        record.phase = .takingBack(step: record.plan.steps.count)
        return record
    }

    /// Writes a change down, where it is one that must not be forgotten.
    ///
    /// - Parameter text: the record as JSON, where that is made already.
    func write(_ record: ChangeRecord, as text: String? = nil) throws(ReadFailure) {
        guard record.keepWithinSeconds != nil || record.plan.steps.contains(where: \.writesFiles)
        else { return }
        let text = if let text { text } else { try record.json }
        try files.write(text, to: Self.path, mode: 0o600)
    }

    func remove() throws(ReadFailure) { try files.remove(Self.path) }
}

extension Step {
    /// Whether a reboot leaves something of it.
    var writesFiles: Bool {
        switch action {
        case .write, .remove, .cloud: true
        default: false
        }
    }

    /// Whether something of it may come back after a reboot: a file that it wrote, or a parameter
    /// that the box sets again from that file.
    var outlivesBoot: Bool {
        if case .setParameter = action { return true }
        return writesFiles
    }
}
