/// A file of `/proc/sys` or `/sys` that holds one number.
public enum ParameterFile {
    /// The number, which is not negative.
    public static func number(_ contents: [UInt8]) throws(ParseError) -> UInt64 {
        guard let line = contents.split(separator: .lineEnd).first, let number = line.decimal else {
            throw ParseError("not a number", in: contents[...].text)
        }
        return number
    }
}
