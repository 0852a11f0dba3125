public import NATModel

/// A source as people write it, with what is wrong where it cannot be meant.
public enum SourceWord {
    /// The name that a word is.
    public static func name(_ word: String) throws(ParseError) -> SourceName {
        if let name = SourceName(word) {
            guard name.prefix?.length != 0 else {
                throw ParseError("that is every host and the box itself", in: word)
            }
            return name
        }
        if let (address, length) = IPv4Prefix.split(word) {
            let network = IPv4Prefix(address, length: length).network
            throw ParseError(
                "host bits are set beyond /\(length), say \(network)/\(length) or \(address)",
                in: word)
        }
        if SourceName.isMeant(word) {
            throw ParseError(
                "a name is ec2:i-NUMBER, ec2:tag:KEY=VALUE or dns:NAME, and this is none", in: word)
        }
        throw ParseError("not an IPv4 address or prefix", in: word)
    }
}
