public import NATModel

/// A lock that ends with the process that holds it, whatever becomes of it.
public final class FileLock: Sendable {
    private let release: @Sendable () -> Void

    /// A lock that is given back like this.
    public init(release: @escaping @Sendable () -> Void) { self.release = release }

    deinit { release() }

    /// Why a lock was not given.
    public enum Refusal: Error, Hashable, Sendable {
        /// Somebody has it; this is what the holder wrote into the file.
        case held(by: String)
        /// The file could not be opened or written.
        case failed(ReadFailure)
    }
}
