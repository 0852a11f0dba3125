import Glibc
import NATModel

/// The documents of the metadata server, as files, so that a test can change them while it runs.
struct MetadataTree: Sendable {
    /// The directory that stands for `/latest`.
    let root: String

    /// The document, or the names below it one a line; `nil` where there is neither.
    func document(_ path: String) -> String? {
        guard let file = file(path) else { return nil }
        guard let names = SmallFile.names(in: file) else { return SmallFile.read(file) }
        return names.map { SmallFile.names(in: "\(file)/\($0)") == nil ? $0 : "\($0)/" }
            .joined(separator: "\n")
    }

    /// Writes these documents, by path.
    func write(_ documents: [String: String]) throws(LabError) {
        for (path, text) in documents {
            guard let file = file(path), let slash = file.lastIndex(of: "/") else {
                throw LabError(path, "not a path of the metadata server")
            }
            try SmallFile.makeDirectory(String(file[..<slash]))
            try SmallFile.write(text, to: file)
        }
    }

    /// Removes a document, or a branch of them.
    func remove(_ path: String) {
        guard let file = file(path) else { return }
        for name in SmallFile.names(in: file) ?? [] { remove("\(path)/\(name)") }
        if unlink(file) != 0 { rmdir(file) }
    }

    /// The file of a path; `nil` where the path leads out of the tree.
    private func file(_ path: String) -> String? {
        let parts = path.split(separator: "/")
        guard !parts.contains(".."), !parts.contains(".") else { return nil }
        return ([root] + parts.map(String.init)).joined(separator: "/")
    }
}
