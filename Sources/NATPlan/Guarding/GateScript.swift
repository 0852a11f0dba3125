public import NATModel

/// The gate in the words of nft(8), for `nft -f -`.
public struct GateScript {
    /// What brings the kernel to the gate, in one transaction; without a gate, what takes it away.
    public let text: String

    /// The words for a gate, or for none.
    public init(_ gate: Gate?) {
        // To delete a table that is not there fails; to add one that is there does not.
        let clear = "table ip \(Gate.table) {}\ndelete table ip \(Gate.table)\n"
        guard let gate, !gate.isEmpty else {
            text = clear
            return
        }
        var lines = [clear + "table ip \(Gate.table) {"]
        lines += Self.set("internal", gate.internals)
        let bare = gate.entries.flatMap { entry in
            entry.sources.filter { !entry.translated.contains($0) }
        }
        lines += Self.set("bare", bare)
        lines += Self.set("translated", gate.entries.flatMap(\.translated).sorted())
        var byLength: [Int: [String]] = [:]
        for (number, entry) in gate.entries.enumerated() {
            let name = Self.quoted(entry.egress)
            lines.append(
                "chain egress\(number) { oifname \(name) accept; counter drop; }")
            for source in entry.sources {
                byLength[source.length, default: []].append("\(source) : jump egress\(number)")
            }
        }
        let lengths = byLength.keys.sorted(by: >)
        for length in lengths {
            let kind = length == 32 ? "" : " flags interval;"
            let elements = (byLength[length] ?? []).joined(separator: ", ")
            lines.append(
                "map length\(length) { type ipv4_addr : verdict;\(kind) elements = { \(elements) } }"
            )
        }
        // Answers belong to a connection that somebody outside began.
        let passes = "ct direction reply accept; ip daddr @internal accept;"
        lines += [
            "chain forward { type filter hook forward priority -5; policy accept; \(passes)",
            lengths.map { "ip saddr vmap @length\($0);" }.joined(separator: " ") + " }",
            "chain private { type filter hook postrouting priority 150; policy accept;",
            "fib saddr type local accept; \(passes)",
            (bare.isEmpty ? "" : "ip saddr @bare accept; ")
                + "ip saddr @translated counter drop; }", "}", "",
        ]
        text = lines.joined(separator: "\n")
    }

    private static func set(_ name: String, _ networks: [IPv4Prefix]) -> [String] {
        let elements = networks.map(\.description).joined(separator: ", ")
        return [
            "set \(name) { type ipv4_addr; flags interval; auto-merge;"
                + (elements.isEmpty ? "" : " elements = { \(elements) }") + " }"
        ]
    }

    /// Whether nft takes the name of an interface for that name and nothing else.
    ///
    /// It has no way to quote a quotation mark, and takes a star at the end for any name.
    public static func canName(_ interface: String) -> Bool {
        !interface.isEmpty
            && interface.utf8.allSatisfy { byte in
                (0x21...0x7e).contains(byte) && byte != UInt8(ascii: "\"")
                    && byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "*")
                    && byte != UInt8(ascii: ";") && byte != UInt8(ascii: ",")
            }
    }

    private static func quoted(_ interface: String) -> String { "\"\(interface)\"" }
}
