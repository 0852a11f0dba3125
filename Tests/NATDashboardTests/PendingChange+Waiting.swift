import NATModel

extension PendingChange {
    /// A change that awaits its keep.
    static func waiting(
        _ title: String = "a move", id: String = "1", by author: String = "root",
        milliseconds: Int64 = 60_000
    ) -> PendingChange {
        PendingChange(
            id: id, title: title, author: author,
            state: .awaitsKeep(remainingMilliseconds: milliseconds))
    }
}
