import FoundationEssentials

/// A reply kept beside the tests; its folder's README says how it was captured.
enum Fixture {
    static func bytes(_ name: String) throws -> [UInt8] {
        var path = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        path += ["Fixtures", Substring(name)]
        return try Array(Data(contentsOf: URL(filePath: path.joined(separator: "/"))))
    }
}
