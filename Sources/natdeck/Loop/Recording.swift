import FoundationEssentials
import NATHost
import NATModel

/// Snapshots in a file, one JSON object a line: what `status --record` writes and scripts read.
enum Recording {
    /// Adds a snapshot to a file, which is made where there is none.
    static func add(_ snapshot: Snapshot, to path: String) throws(ReadFailure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(snapshot) else {
            throw ReadFailure(path, "the snapshot cannot be written down")
        }
        try SystemFiles().append(String(decoding: line, as: UTF8.self), to: path)
    }

    /// The snapshots in a file, in its order.
    static func read(_ path: String) throws(ReadFailure) -> [Snapshot] {
        let decoder = JSONDecoder()
        var snapshots: [Snapshot] = []
        for (index, line) in try bytes(path).split(separator: UInt8(ascii: "\n")).enumerated() {
            guard let snapshot = try? decoder.decode(Snapshot.self, from: Data(line)) else {
                throw ReadFailure(
                    "\(path):\(index + 1)", "no snapshot of this natdeck; record it anew")
            }
            snapshots.append(snapshot)
        }
        if snapshots.isEmpty { throw ReadFailure(path, "it holds no snapshot") }
        return snapshots
    }

    /// The bytes of a file that must be there.
    static func bytes(_ path: String) throws(ReadFailure) -> [UInt8] {
        guard let bytes = try SystemFiles().read(path) else {
            throw ReadFailure(path, "there is no such file")
        }
        return bytes
    }
}
