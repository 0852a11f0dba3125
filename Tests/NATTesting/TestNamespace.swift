import Glibc
import NATHost
import NATModel
import NATParse

/// A network namespace without a name: it goes with the last descriptor that holds it.
package final class TestNamespace: NetlinkOpener {
    private let descriptor: Int32

    /// Why there can be none; `nil` where there can.
    package static var complaint: String? { geteuid() == 0 ? nil : "needs root" }

    /// A new namespace in which nothing is but the loopback.
    package init() throws {
        descriptor = OwnThread.run {
            // CLONE_NEWNET; the thread ends here, and the namespace stays with the descriptor.
            guard Self.call("unshare", 0x4000_0000) == 0 else { return -1 }
            return Glibc.open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        }
        guard descriptor >= 0 else { throw KernelError(EPERM) }
    }

    /// The namespace that a file stands for.
    package init(at path: String) throws {
        descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw KernelError(errno) }
    }

    deinit { close(descriptor) }

    /// The file that stands for it, for as long as it is there: what `ip link set … netns` takes.
    package var path: String { "/proc/\(getpid())/fd/\(descriptor)" }

    /// A socket that speaks with the kernel of this namespace.
    package func open(_ family: NetlinkFamily) throws(KernelError) -> any NetlinkSocket {
        let result = inside { () -> Result<any NetlinkSocket, KernelError> in
            do throws(KernelError) {
                return .success(try KernelSockets().open(family))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// What `body` gives on a thread that is here.
    package func inside<Value: Sendable>(_ body: @escaping @Sendable () -> Value) -> Value {
        OwnThread.run { [descriptor] in
            precondition(Self.enter(descriptor), "no way into the namespace")
            return body()
        }
    }

    /// Runs a program here; what it prints, or its status and what it complains of.
    @discardableResult
    package func run(_ words: [String]) async throws -> String {
        let entrance = ["nsenter", "--net=\(path)"]
        let reply = try await SystemRunner().run(Command(entrance + words))
        return reply.status == 0
            ? String(decoding: reply.output, as: UTF8.self) : "\(reply.status) \(reply.error)"
    }

    /// Runs a program here; what it prints, or its status and what it complains of.
    @discardableResult
    package func run(_ words: String...) async throws -> String { try await run(words) }

    /// Runs `ip` with these words, as a person types them; it must succeed.
    @discardableResult
    package func ip(_ line: String) async throws -> String {
        let words = ["ip"] + line.split(separator: " ").map(String.init)
        let entrance = ["nsenter", "--net=\(path)"]
        let reply = try await SystemRunner().run(Command(entrance + words))
        guard reply.status == 0 else {
            throw CommandFailure.notStarted(Command(words), reason: reply.error)
        }
        return String(decoding: reply.output, as: UTF8.self)
    }

    /// Runs `ip -batch -` with these lines.
    ///
    /// - Parameter mayFail: whether a line that fails is no reason to stop.
    package func batch(_ lines: [String], mayFail: Bool = false) async throws {
        let words =
            ["nsenter", "--net=\(path)", "ip"]
            + (mayFail ? ["-force"] : []) + ["-batch", "-"]
        let reply = try await SystemRunner().run(
            Command(words), input: lines.joined(separator: "\n") + "\n", deadline: .seconds(10))
        guard reply.status == 0 || mayFail else {
            throw CommandFailure.notStarted(Command("ip", "-batch", "-"), reason: reply.error)
        }
    }

    private static func enter(_ descriptor: Int32) -> Bool {
        guard let address = dlsym(nil, "setns") else { return false }
        let setns = unsafeBitCast(
            address, to: (@convention(c) (Int32, Int32) -> Int32).self)
        return setns(descriptor, 0x4000_0000) == 0  // CLONE_NEWNET
    }

    /// Swift's module for glibc leaves unshare(2) and setns(2) out.
    private static func call(_ name: String, _ flags: Int32) -> Int32 {
        guard let address = dlsym(nil, name) else { return -1 }
        return unsafeBitCast(address, to: (@convention(c) (Int32) -> Int32).self)(flags)
    }
}

/// Runs something on a thread that ends afterwards, whatever became of it.
package enum OwnThread {
    private final class Box {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    package static func run<Value>(_ body: @escaping () -> Value) -> Value {
        var value: Value?
        let box = Box { value = body() }
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                Unmanaged<Box>.fromOpaque(argument).takeUnretainedValue().body()
                return nil
            }, Unmanaged.passUnretained(box).toOpaque())
        precondition(status == 0, "no thread")
        pthread_join(thread, nil)
        withExtendedLifetime(box) {}
        guard let value else { preconditionFailure("the thread gave nothing") }
        return value
    }
}
