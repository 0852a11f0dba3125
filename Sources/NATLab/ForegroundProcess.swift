import Dispatch
import Glibc
import NATModel
import NATHost

/// A child that has the terminal, such as the dashboard of the demonstration.
package enum ForegroundProcess {
    /// Runs `command` with this process's standard streams and waits for its end.
    ///
    /// Meanwhile the terminal's signals are the child's; a request to end is handed on to it.
    ///
    /// - Returns: its exit status; 128 + N where signal N ended it.
    package static func run(_ command: Command) async throws(LabError) -> Int32 {
        guard let path = SystemRunner().path(of: command.program) else {
            throw LabError(.missing(command))
        }
        let ignored = [SIGINT, SIGQUIT, SIGTERM, SIGHUP]
        for number in ignored { signal(number, SIG_IGN) }
        defer { for number in ignored { signal(number, SIG_DFL) } }
        let child = try spawn(path, command.arguments, defaults: ignored)
        let sources = [SIGTERM, SIGHUP].map { number in
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler { kill(child, number) }
            source.resume()
            return source
        }
        defer { for source in sources { source.cancel() } }
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var status: Int32 = 0
                while waitpid(child, &status, 0) < 0 && errno == EINTR {}
                let number = status & 0x7f
                continuation.resume(returning: number == 0 ? status >> 8 & 0xff : 128 + number)
            }
        }
    }

    private static func spawn(
        _ path: String, _ arguments: [String], defaults: [Int32]
    ) throws(LabError) -> pid_t {
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in defaults { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        // Threads of a pool block all signals, and the child would inherit that.
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var child: pid_t = 0
        let result = posix_spawn(&child, path, nil, &attributes, words, environ)
        guard result == 0 else {
            throw LabError(path, String(cString: strerror(result)))
        }
        return child
    }
}
