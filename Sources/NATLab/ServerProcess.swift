import Glibc

/// One background process of a lab: how it lets go of its starter and how it is found again.
enum ServerProcess {
    /// Turns standard input and output away from whoever started this process.
    ///
    /// The starter reads them to their end, and would wait for as long as this process lives.
    ///
    /// - Parameter log: the file for what is said on standard error; `nil` for nowhere.
    static func detach(log: String?) {
        let nothing = open("/dev/null", O_RDWR)
        let log = log.map { open($0, O_WRONLY | O_CREAT | O_APPEND, 0o644) } ?? nothing
        dup2(nothing, STDIN_FILENO)
        dup2(log >= 0 ? log : nothing, STDOUT_FILENO)
        dup2(log >= 0 ? log : nothing, STDERR_FILENO)
        if log > STDERR_FILENO && log != nothing { close(log) }
        if nothing > STDERR_FILENO { close(nothing) }
    }

    /// Tells that this process does its work now.
    static func announce(_ state: LabState, _ name: String) throws(LabError) {
        try SmallFile.write("\(getpid())", to: state.readyFile(name))
    }

    /// The process id of a server that does its work; `nil` where it does not run.
    static func running(_ state: LabState, _ name: String) -> pid_t? {
        guard let text = SmallFile.read(state.readyFile(name)), let process = pid_t(text),
            // Another process may have the number by now.
            let words = SmallFile.read("/proc/\(process)/cmdline")?.split(separator: "\0"),
            words.contains("serve"), words.contains(state.prefix[...])
        else { return nil }
        return process
    }
}
