import CHost
import NATParse

/// Asks who changes something before they can end.
///
/// A program of one command has ended a moment after what it did is announced. On each processor
/// waits a thread that goes before ordinary work: the one on the program's own processor is told
/// before the program goes on, and has it named by then. Without the permission there is none, and
/// whoever ends too early stays without a name.
final class AuthorWatch: Sendable {
    private let threads: [ListeningThread]

    /// More processors than that are not watched.
    private static let mostProcessors = 64

    /// Has these authors asked for by what is announced to groups of rtnetlink(7).
    init(_ authors: KernelAuthors, groups: UInt32) {
        let processors = min(Int(nd_processors()), Self.mostProcessors)
        threads = (0..<processors).compactMap { processor -> ListeningThread? in
            guard let listener = KernelListener(.route, groups) else { return nil }
            let thread = ListeningThread([listener.descriptor], firstOn: processor) { _ in
                _ = listener.drain { bytes in
                    for port in KernelEventReply.ports(bytes) { _ = authors.author(port) }
                    return []
                }
            } atEnd: {
                listener.close()
            }
            if thread == nil { listener.close() }
            return thread
        }
    }
}
