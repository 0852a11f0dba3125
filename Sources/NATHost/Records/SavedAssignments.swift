public import NATModel
public import NATParse
public import NATPlan

/// The file of kept assignments on the box.
public struct SavedAssignments: Sendable {
    private let files: any HostFiles
    private let known: KnownNames
    private let decoded = Decoded<Present>()

    /// The file as it is, and what is asked of it again and again.
    private struct Present {
        let bytes: [UInt8]
        let file: AssignmentsFile
        let assignments: [SavedAssignment]
        let names: [SourceName]
    }

    /// The file that these see.
    public init(files: any HostFiles) {
        self.files = files
        known = KnownNames(files: files)
    }

    /// Why the file could not be used.
    public enum Failure: Error, Sendable {
        /// It could not be read or written.
        case unusable(ReadFailure)
        /// These lines were not understood.
        case malformed(AssignmentsFile.Failure)

        /// The failure in one line.
        public var readFailure: ReadFailure {
            switch self {
            case .unusable(let failure): failure
            case .malformed(let failure):
                ReadFailure(
                    "\(SavedAssignment.path):\(failure.lines.first?.number ?? 0)",
                    (failure.lines.first?.reason ?? "")
                        + (failure.lines.count > 1
                            ? ", and \(failure.lines.count - 1) bad lines more" : ""),
                    fix: "edit \(SavedAssignment.path), then natdeck apply")
            }
        }
    }

    /// The file; `nil` where there is none.
    public func load() throws(Failure) -> AssignmentsFile? { try read()?.file }

    private func read() throws(Failure) -> Present? {
        let bytes: [UInt8]?
        do throws(ReadFailure) {
            // What is far too large is not even read.
            if let size = try files.size(SavedAssignment.path),
                let reason = AssignmentsFile.excess(ofBytes: size)
            {
                throw ReadFailure(SavedAssignment.path, reason, fix: "split it, or make it shorter")
            }
            bytes = try files.read(SavedAssignment.path)
        } catch {
            throw .unusable(error)
        }
        guard let bytes else { return nil }
        do throws(AssignmentsFile.Failure) {
            return try decoded.value(of: bytes) { bytes throws(AssignmentsFile.Failure) in
                let file = try AssignmentsFile.parse(bytes)
                return Present(
                    bytes: bytes, file: file, assignments: file.assignments(), names: file.names)
            }
        } catch {
            throw .malformed(error)
        }
    }

    /// Keeps what was decoded until the process ends: ten thousand lines are not taken apart for
    /// nothing before it may.
    func stay() { _ = Unmanaged.passRetained(decoded) }

    /// Whether it has been decoded before, so that to do it again takes no time.
    var isKnown: Bool { decoded.isKnown }

    /// What the file keeps and what the names in it stand for, as parts of the snapshot; no file is
    /// `.value(nil)`.
    ///
    /// Where it cannot be read what names stand for, it is not known what is kept.
    func reading() -> (saved: Reading<[SavedAssignment]?>, names: Reading<[FollowedName]>) {
        do throws(Failure) {
            guard let present = try read() else { return (.value(nil), .value([])) }
            let names = present.names
            guard !names.isEmpty else { return (.value(present.assignments), .value([])) }
            do throws(KnownNames.Failure) {
                let known = try known.load()
                let egresses = Dictionary(
                    present.file.entries.map { ($0.name, $0.egress) },
                    uniquingKeysWith: { first, _ in first })
                let followed =
                    names.map { name in
                        var followed = known.first { $0.name == name } ?? FollowedName(name)
                        followed.egress = egresses[name]
                        return followed
                    }
                    + known.filter { !$0.former.isEmpty && !names.contains($0.name) }
                return (.value(present.file.assignments(knowing: known)), .value(followed))
            } catch {
                return (.failed(error.readFailure), .failed(error.readFailure))
            }
        } catch {
            return (.failed(error.readFailure), .failed(error.readFailure))
        }
    }

    /// Keeps sources, or nothing of them where there is no interface.
    public func keep(_ changes: [(source: SourceName, egress: Egress?)]) throws(Failure) {
        let present = try read()
        var file = present?.file ?? AssignmentsFile()
        file.record(changes)
        try store(file, over: present)
    }

    /// Writes the file as a whole, where it changes.
    public func store(_ file: AssignmentsFile) throws(Failure) {
        try store(file, over: try read())
    }

    private func store(_ file: AssignmentsFile, over present: Present?) throws(Failure) {
        let text = file.text
        if let present, present.bytes.elementsEqual(text.utf8) { return }
        do throws(ReadFailure) { try files.write(text, to: SavedAssignment.path) } catch {
            throw .unusable(error)
        }
    }

    /// Tries out whether a change could be kept, before it is begun: one that is not remembered
    /// would be undone by the guard, or lost at the next boot.
    func checkRecordable(_ plan: Plan) throws(ReadFailure) {
        guard plan.intent.arrangements != nil else { return }
        do throws(Failure) { _ = try load() } catch { throw error.readFailure }
        try files.checkReplaceable(SavedAssignment.path)
    }

    /// Keeps what a change did, once the change itself is kept.
    ///
    /// A malformed file is left as it is: what a person meant by it is not for natdeck to guess.
    ///
    /// - Parameter keepsSources: whether the sources of the plan are to be kept as it leaves them;
    ///   else only what was taken over is remembered.
    public func record(_ plan: Plan, keepsSources: Bool = true) throws(Failure) {
        let arrangements = keepsSources ? plan.intent.keptArrangements ?? [] : []
        let foreign = plan.foreignRules
        guard !arrangements.isEmpty || !foreign.deleted.isEmpty || !foreign.added.isEmpty else {
            return
        }
        let present = try read()
        var file = present?.file ?? AssignmentsFile()
        file.record(arrangements.flatMap(Self.changes))
        // The guard too takes over what is for a name's host.
        let names = (plan.intent.arrangements ?? []).compactMap { arrangement in
            arrangement.name.map { (arrangement.source, $0) }
        }
        file.remember(
            takenOver: foreign.deleted, back: foreign.added,
            on: Dictionary(names, uniquingKeysWith: { first, _ in first }))
        // A release on a box that keeps nothing makes no empty file.
        if present == nil, file.entries.isEmpty { return }
        try store(file, over: present)
    }

    /// A host that is kept by a name is not kept by its address, which would count before it.
    private static func changes(
        _ arrangement: Arrangement
    ) -> [(source: SourceName, egress: Egress?)] {
        let address = SourceName.prefix(arrangement.source)
        guard let name = arrangement.name else { return [(address, arrangement.egress)] }
        return [(name, arrangement.egress), (address, nil)]
    }
}
