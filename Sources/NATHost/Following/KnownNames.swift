import FoundationEssentials
import NATModel

/// The file of what names were told to stand for.
struct KnownNames: Sendable {
    private let files: any HostFiles
    private let decoded = Decoded<[FollowedName]>()

    init(files: any HostFiles) { self.files = files }

    /// Why nothing is known.
    enum Failure: Error {
        /// The file could not be read.
        case unusable(ReadFailure)
        /// It says what cannot be understood.
        case malformed

        /// The failure as a person should read it.
        var readFailure: ReadFailure {
            switch self {
            case .unusable(let failure): failure
            case .malformed:
                ReadFailure(
                    FollowedName.path,
                    "it cannot be understood, so what names stand for is not known",
                    fix: "natdeck apply, once they can be asked for")
            }
        }
    }

    /// What is known; empty where there is no file.
    func load() throws(Failure) -> [FollowedName] {
        let bytes: [UInt8]?
        do throws(ReadFailure) { bytes = try files.read(FollowedName.path) } catch {
            throw .unusable(error)
        }
        guard let bytes else { return [] }
        return try decoded.value(of: bytes) { bytes throws(Failure) in
            do { return try JSONDecoder().decode([FollowedName].self, from: Data(bytes)) } catch {
                throw .malformed
            }
        }
    }

    /// Writes the file as a whole.
    func store(_ names: [FollowedName]) throws(ReadFailure) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        let text: String
        do {
            text = String(decoding: try encoder.encode(names), as: UTF8.self) + "\n"
        } catch {
            throw ReadFailure(FollowedName.path, "it cannot be written down: \(error)")
        }
        try files.write(text, to: FollowedName.path)
    }
}
