/// The kernel parameters that are set at boot, as sysctl.d(5) orders them.
public struct SavedParameters: Hashable, Codable, Sendable {
    /// Every assignment, in the order in which they are made.
    public var entries: [Entry]

    /// One line of a file.
    public struct Entry: Hashable, Codable, Sendable {
        /// The name with dots throughout, as a snapshot has it; `*` stands for any run of
        /// characters.
        public var pattern: String
        /// The value; `nil` for a line that only keeps a name from what patterns say.
        public var value: String?
        /// The file it is in.
        public var path: String

        /// A line of this file.
        public init(pattern: String, value: String?, path: String) {
            self.pattern = pattern
            self.value = value
            self.path = path
        }
    }

    /// These assignments.
    public init(entries: [Entry] = []) {
        self.entries = entries
    }

    /// The assignment that decides for a parameter; `nil` where none does.
    ///
    /// The last that names it in full counts, else the last pattern that fits it.
    public func entry(for name: String) -> Entry? {
        if let exact = entries.last(where: { $0.pattern == name }) {
            return exact.value == nil ? nil : exact
        }
        return entries.last { entry in
            entry.value != nil && entry.pattern.contains("*")
                && Self.fits(Array(name.utf8)[...], Array(entry.pattern.utf8)[...])
        }
    }

    /// The value a parameter has after boot; `nil` where no file sets it to a number.
    public func value(of name: String) -> Int? {
        entry(for: name)?.value.flatMap { Int($0) }
    }

    private static func fits(_ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        if first == UInt8(ascii: "*") {
            return (name.startIndex...name.endIndex).contains {
                fits(name[$0...], pattern.dropFirst())
            }
        }
        guard name.first == first else { return false }
        return fits(name.dropFirst(), pattern.dropFirst())
    }
}
