import NATHost

#if canImport(Glibc)
    import Glibc
#endif

/// The program that makes labs. It is not part of the one that runs as root on a NAT box.
enum LabProgram {
    /// The subcommands that it carries out.
    static let subcommands: Set = ["lab", "demo"]

    /// Becomes that program, which lies beside this one; it has the same words.
    static func become(_ arguments: [String]) -> Never {
        let own = SystemFiles().link("/proc/self/exe") ?? "natdeck"
        let folder = own.lastIndex(of: "/").map { own[...$0] } ?? ""
        let path = "\(folder)natdeck-lab"
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        words.append(nil)
        execv(path, words)
        let reason =
            errno == ENOENT
            ? "labs are made by a program of its own, and it is not here"
            : String(cString: strerror(errno))
        complain(
            "\(path): \(reason)",
            fix: "swift build makes both: copy natdeck-lab beside natdeck")
        exit(ExitStatus.refused.rawValue)
    }
}
