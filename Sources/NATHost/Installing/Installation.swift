import NATModel
public import NATPlan

#if canImport(Glibc)
    import Glibc
#endif

/// natdeck where programs are found: the program, its manual page and what shells complete.
public struct Installation: Sendable {
    /// Texts beside the program, by their place below the prefix.
    private let texts: [String: String]
    private let prefix: String
    private let executable: String
    private let runner: any CommandRunner
    private let files: any HostFiles

    /// Below this folder, with these texts by their place below it.
    public init(
        prefix: String, texts: [String: String], executable: String, runner: any CommandRunner,
        files: any HostFiles
    ) {
        self.texts = texts
        self.prefix = prefix.hasSuffix("/") ? String(prefix.dropLast()) : prefix
        self.executable = executable
        self.runner = runner
        self.files = files
    }

    /// On the real box, of the program that runs now.
    public static func system(prefix: String, texts: [String: String]) -> Installation {
        Installation(
            prefix: prefix, texts: texts, executable: SystemFiles.ownProgram,
            runner: SystemRunner(), files: SystemFiles())
    }

    /// Where the program goes.
    public var program: String { prefix + "/sbin/natdeck" }

    /// Every file, the program first.
    public var paths: [String] { [program] + texts.keys.sorted().map { "\(prefix)/\($0)" } }

    /// The steps that install all of it, in the form of every other change.
    public func install() -> [InstallationStep] {
        let folders = Set(paths.compactMap(Self.folder)).sorted()
        var steps = [
            InstallationStep(
                "make the folders", .run(Command(["install", "-d", "-m", "755"] + folders)))
        ]
        // install(1) takes the old file away first: a program that runs cannot be written to.
        if executable != program {
            let copy = Command("install", "-m", "755", executable, program)
            steps.append(InstallationStep("copy the program", .run(copy)))
        }
        for (place, text) in texts.sorted(by: { $0.key < $1.key }) {
            let path = "\(prefix)/\(place)"
            steps.append(
                InstallationStep("write \(path)", .write(path: path, contents: text)))
        }
        return steps
    }

    /// The steps that take away what is there of it.
    public func remove() -> [InstallationStep] {
        paths.filter { access($0, F_OK) == 0 }
            .map { InstallationStep("remove \($0)", .remove(path: $0)) }
    }

    /// Whether the service at boot runs this very program, which it would miss.
    ///
    /// - Throws: where that cannot be told.
    public func isUsedByService() throws(ReadFailure) -> Bool {
        guard let unit = try files.read(ServiceUnit.path) else { return false }
        return String(decoding: unit, as: UTF8.self).contains("\"\(program)\"")
    }

    /// A folder that may not be written to; `nil` where all may.
    public var closedFolder: String? {
        for path in paths {
            var folder = Self.folder(path)
            // The nearest one that is there decides; the others are made in it.
            while let present = folder, access(present, F_OK) != 0 { folder = Self.folder(present) }
            let nearest = folder ?? "/"
            if access(nearest, W_OK) != 0 { return nearest }
        }
        return nil
    }

    /// Takes the steps one after the other.
    ///
    /// - Returns: the step that failed, and why; `nil` where all were taken.
    public func take(_ wanted: [InstallationStep]) async -> Outcome.Failure? {
        for step in wanted {
            if let reason = await step.perform(by: runner, on: files) {
                return .init(step.summary, reason)
            }
        }
        return nil
    }

    private static func folder(_ path: String) -> String? {
        path.lastIndex(of: "/").flatMap { $0 == path.startIndex ? nil : String(path[..<$0]) }
    }
}
