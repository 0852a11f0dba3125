import NATModel
import NATParse

/// Reads one part of a snapshot: what there is to read of the box is a table of these, in
/// ``SnapshotReader``.
protocol PartReader: Sendable {
    /// The part that is read.
    var part: SnapshotPart { get }
    /// Puts what the box tells now into the fields of the part, and into no others.
    ///
    /// - Parameter snapshot: what is known by then; other parts in it may be unread.
    func read(into snapshot: inout Snapshot) async
}

extension HostFiles {
    /// What a file of the kernel tells, which is always there.
    func reading<Value>(
        _ path: String, _ parse: ([UInt8]) throws(ParseError) -> Value
    ) -> Reading<Value> {
        do throws(ReadFailure) {
            guard let contents = try read(path) else {
                return .failed(ReadFailure(path, "no such file"))
            }
            do throws(ParseError) {
                return .value(try parse(contents))
            } catch {
                return .failed(ReadFailure(path, error.description))
            }
        } catch {
            return .failed(error)
        }
    }
}
