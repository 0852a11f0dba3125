/// A file of settings for systemd-networkd. See networkd.conf(5).
public struct NetworkdConfiguration: Hashable, Sendable {
    /// `ManageForeignRoutingPolicyRules=`; `nil` where the file says nothing of it.
    public private(set) var managesForeignRules: Bool?
    /// `ManageForeignRoutes=`; `nil` where the file says nothing of it.
    public private(set) var managesForeignRoutes: Bool?

    /// The directories, the one that wins first.
    public static let directories = [
        "/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd",
    ]

    /// What a file says.
    public init(_ contents: String) {
        var section = ""
        for line in contents.split(whereSeparator: \.isNewline) {
            let text = String(line).strippedOfSpaces
            if text.hasPrefix("[") { section = text }
            let parts = text.split(separator: "=", maxSplits: 1)
            // A value that is none is reported by networkd and changes nothing.
            guard section == "[Network]", parts.count == 2,
                let value = Self.boolean(String(parts[1]).strippedOfSpaces)
            else { continue }
            switch String(parts[0]).strippedOfSpaces {
            case "ManageForeignRoutingPolicyRules": managesForeignRules = value
            case "ManageForeignRoutes": managesForeignRoutes = value
            default: continue
            }
        }
    }

    /// Source: systemd.syntax(7).
    private static func boolean(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "1", "yes", "y", "true", "t", "on": true
        case "0", "no", "n", "false", "f", "off": false
        default: nil
        }
    }
}

extension String {
    fileprivate var strippedOfSpaces: String {
        let start = drop { $0 == " " || $0 == "\t" }
        let end = start.lastIndex { $0 != " " && $0 != "\t" && $0 != "\r" }
        return end.map { String(start[...$0]) } ?? ""
    }
}
