public import NATModel

/// Changes the kernel's policy rules and routes.
public protocol RoutingChanger: Sendable {
    /// Makes these changes one after the other and stops at the first one that the kernel refuses.
    ///
    /// - Parameter tolerating: the errors that mean "it is so already", by number: EEXIST where
    ///   something is added; ENOENT, ESRCH and ENODEV where it is taken back. They stop nothing.
    func change(
        _ changes: [RoutingChange], tolerating: Set<Int32>
    ) async -> RoutingChangeReport
}

/// How far a row of changes came.
public struct RoutingChangeReport: Hashable, Sendable {
    /// How many of them, from the first one on, are as they were asked for. The kernel has
    /// acknowledged each, or said that it was so already.
    public var done: Int
    /// What went wrong with the next one; `nil` where all of them are done.
    public var failure: Failure?

    /// Why a change was not acknowledged.
    public struct Failure: Error, Hashable {
        /// The kernel's error, such as 17 for EEXIST. See errno(3).
        public var number: Int32
        /// The kernel's own sentence, or else what strerror(3) says of the number.
        public var reason: String
        /// Whether the change may have been made all the same, as its answer did not arrive.
        public var isUncertain: Bool

        /// A failure with this error.
        public init(number: Int32, reason: String, isUncertain: Bool = false) {
            self.number = number
            self.reason = reason
            self.isUncertain = isUncertain
        }
    }

    /// A report of so many changes, and of what stopped the next one.
    public init(done: Int, failure: Failure? = nil) {
        self.done = done
        self.failure = failure
    }
}
