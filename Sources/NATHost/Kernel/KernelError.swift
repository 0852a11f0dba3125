#if canImport(Glibc)
    import Glibc
#endif

/// An error of the kernel: its number, and what it says besides.
public struct KernelError: Error, Hashable, Sendable {
    /// Such as 17 for EEXIST. See errno(3).
    public var number: Int32
    /// The kernel's own sentence; `nil` where it gave a number alone.
    public var sentence: String?

    /// An error with this number.
    public init(_ number: Int32, sentence: String? = nil) {
        self.number = number
        self.sentence = sentence
    }

    /// The error of the system call that has just failed on this thread.
    static var last: KernelError { KernelError(errno) }

    /// The kernel's sentence, or else what strerror(3) says of the number.
    public var reason: String { sentence ?? String(cString: strerror(number)) }
}
