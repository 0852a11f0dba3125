import Glibc

/// Replaces this process by another program, which keeps its terminal and its number.
package enum ProgramReplacement {
    /// Returns only where that fails.
    package static func replace(with path: String, _ arguments: [String]) -> LabError {
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        words.append(nil)
        // Threads of a pool block all signals, and the next program would inherit that.
        var none = sigset_t()
        sigemptyset(&none)
        pthread_sigmask(SIG_SETMASK, &none, nil)
        execv(path, words)
        let text = SmallFile.errorText
        for word in words { free(word) }
        return LabError(path, text)
    }
}
