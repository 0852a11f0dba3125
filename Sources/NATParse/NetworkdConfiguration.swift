/// A file of settings for systemd-networkd. See networkd.conf(5).
public enum NetworkdConfiguration {
    /// The directories, the one that wins first.
    public static let directories = [
        "/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd",
    ]

    /// What the file says of `ManageForeignRoutingPolicyRules`; `nil` where it says nothing.
    public static func managesForeignRules(_ contents: String) -> Bool? {
        var section = ""
        var value: Bool?
        for line in contents.split(whereSeparator: \.isNewline) {
            let text = String(line).strippedOfSpaces
            if text.hasPrefix("[") { section = text }
            let parts = text.split(separator: "=", maxSplits: 1)
            guard section == "[Network]", parts.count == 2,
                String(parts[0]).strippedOfSpaces == "ManageForeignRoutingPolicyRules"
            else { continue }
            // Anything else is reported by networkd and changes nothing.
            value = boolean(String(parts[1]).strippedOfSpaces) ?? value
        }
        return value
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
