import NATModel

/// The gate in the words of nft(8), for `nft -f -`: what the messages of natdeck are held
/// against.
package struct GateScript {
    /// What brings the kernel to the gate, in one transaction; without a gate, what takes it away.
    package let text: String

    /// The words for a gate, or for none.
    package init(_ gate: Gate?) {
        // To delete a table that is not there fails; to add one that is there does not.
        let clear = "table ip \(Gate.table) {}\ndelete table ip \(Gate.table)\n"
        guard let gate, !gate.isEmpty else {
            text = clear
            return
        }
        var lines = [clear + "table ip \(Gate.table) {"]
        lines += Self.set("internal", gate.internals.map(\.description))
        let sources = gate.entries.flatMap(\.sources) + gate.free
        let translated = gate.entries.reduce(into: Set<IPv4Prefix>()) {
            $0.formUnion($1.translated)
        }
        // Address by address for what is narrower: slow, and plainly right.
        lines += Self.set(
            "translated",
            sources.flatMap { source in
                let inner = sources.filter { source.contains($0) && $0 != source }
                guard translated.contains(source) else { return [String]() }
                guard !inner.isEmpty else { return [source.description] }
                return (source.network.rawValue...source.last.rawValue).filter { address in
                    !inner.contains { $0.contains(IPv4Address(rawValue: address)) }
                }.map { IPv4Address(rawValue: $0).description }
            })
        if !gate.keeps { lines.removeLast() }
        let marks = gate.marks.map { marks in
            marks.marked.map { (value: Self.hex($0.mark.value), name: Self.quoted($0.egress)) }
        }
        if let marks = gate.marks {
            let mapped = gate.map.map { $0.entries.map(\.source) } ?? []
            lines += Self.set("remembered", (marks.sources + mapped).map(\.description))
            lines += gate.map.map { Self.maps($0, marks) } ?? []
        }
        var byLength: [Int: [String]] = [:]
        for (number, entry) in gate.entries.enumerated() {
            let name = Self.quoted(entry.egress)
            lines.append(
                "chain egress\(number) { oifname \(name) accept; counter drop; }")
            for source in entry.sources {
                byLength[source.length, default: []].append("\(source) : jump egress\(number)")
            }
        }
        for source in gate.free {
            byLength[source.length, default: []].append("\(source) : accept")
        }
        let lengths = byLength.keys.sorted(by: >)
        for length in lengths {
            let kind = length == 32 ? "" : " flags interval;"
            let elements = (byLength[length] ?? []).joined(separator: ", ")
            lines.append(
                "map length\(length) { type ipv4_addr : verdict;\(kind) elements = { \(elements) } }"
            )
        }
        let remembering = gate.marks.map { Self.remembering($0, marks ?? [], gate.map) } ?? []
        let giving = gate.addresses.map(Self.giving) ?? []
        let chains = remembering + giving
        guard gate.keeps else {
            text = (lines + chains + ["}", ""]).joined(separator: "\n")
            return
        }
        for (place, mark) in (marks ?? []).enumerated() {
            lines.append("chain marked\(place) { oifname \(mark.name) accept; counter drop; }")
        }
        // Answers belong to a connection that somebody outside began.
        let passes = "ct direction reply accept; ip daddr @internal accept;"
        let own = gate.marks.map { Self.hex($0.mask) } ?? ""
        lines += [
            "chain forward { type filter hook forward priority -5; policy accept; \(passes)",
            (marks ?? []).enumerated().map { place, mark in
                "ct mark and \(own) == \(mark.value) jump marked\(place);"
            }.joined(separator: " "),
            lengths.map { "ip saddr vmap @length\($0);" }.joined(separator: " ") + " }",
            "chain private { type filter hook postrouting priority 150; policy accept;",
            "fib saddr type local accept; \(passes)",
            "ip saddr @translated counter drop; }",
        ]
        text = (lines + chains + ["}", ""]).joined(separator: "\n")
    }

    /// The chains that remember by which egress a connection began.
    private static func remembering(
        _ marks: ConnectionMarks, _ egresses: [(value: String, name: String)], _ map: SourceMap?
    ) -> [String] {
        let (own, others) = (hex(marks.mask), hex(~marks.mask))
        func ends(_ interface: String) -> String {
            egresses.map {
                "\(interface) \($0.name) ct mark set ct mark and \(others) or \($0.value);"
            }.joined(separator: " ")
        }
        let restore =
            map.map { steering(marks, egresses, $0) } ?? [
                "chain restore { type filter hook prerouting priority -99; policy accept;",
                "meta mark 0 meta mark set ct mark and \(own); }",
            ]
        return restore + [
            marks.looksOnce
                ? "chain begin { type nat hook postrouting priority -199; policy accept;"
                : "chain remember { type filter hook forward priority 5; policy accept;",
            "ct mark and \(own) != 0 accept; meta mark and \(others) != 0 accept;",
            marks.looksOnce ? "fib saddr type local accept;" : "ct direction reply accept;",
            "ct status dnat ip daddr @remembered jump arrived;",
            "ip daddr @internal accept; ip saddr @remembered jump leaving; }",
            "chain arrived { \(ends("iifname")) }", "chain leaving { \(ends("oifname")) }",
        ]
    }

    /// The map by which sources are steered, a map of nft for each length.
    private static func maps(_ map: SourceMap, _ marks: ConnectionMarks) -> [String] {
        let begun = begun(marks).sorted { $0.key < $1.key }.map { "\($0) : goto begun\($1)" }
        let elements = begun.joined(separator: ", ")
        return set("covered", map.cover.map(\.description))
            + (begun.isEmpty
                ? [] : ["map begun { type ipv4_addr : verdict; elements = { \(elements) } }"])
            + map.lengths.map { length in
                let elements = map.entries.filter { $0.source.length == length }.map {
                    "\($0.source) : goto \($0.number == 0 ? "free" : "to\($0.number)")"
                }
                return "map steer\(length) { type ipv4_addr : verdict;"
                    + (length == 32 ? "" : " flags interval;")
                    + " elements = { \(elements.joined(separator: ", ")) } }"
            }
    }

    /// The chains by which the map steers sources.
    private static func steering(
        _ marks: ConnectionMarks, _ egresses: [(value: String, name: String)], _ map: SourceMap
    ) -> [String] {
        let (own, others) = (hex(marks.mask), hex(~marks.mask))
        func setting(_ what: String, _ value: String) -> String {
            "\(what) mark set \(what) mark and \(others) or \(value);"
        }
        let numbers = marks.egresses.keys.sorted()
        var lines = ["chain free { \(setting("meta", own)) }"]
        let begun = begun(marks)
        let staying =
            begun.isEmpty
            ? ""
            : "ct direction original ct reply ip daddr vmap @begun;"
                + " ct direction reply ct original ip daddr vmap @begun; "
        for (number, egress) in zip(numbers, egresses) {
            let mark = setting("meta", egress.value)
            lines.append("chain to\(number) { \(staying)\(mark) }")
            lines.append("chain begun\(number) { \(setting("ct", egress.value)) \(mark) }")
        }
        let back = egresses.map { "iifname \($0.name) \(setting("meta", $0.value)) accept;" }
            .map { $0.replacing("; accept", with: " accept") }
        lines.append("chain back { \(back.joined(separator: " ")) goto free; }")
        return lines + [
            "chain restore { type filter hook prerouting priority -99; policy accept;",
            "meta mark 0 ct mark and \(own) != 0 meta mark set ct mark and \(own) accept;",
            "meta mark and \(own) != 0 accept;",
            map.lengths.map { "ip saddr vmap @steer\($0);" }.joined(separator: " "),
            "ip saddr @covered goto free; ip daddr @covered goto back; }",
        ]
    }

    /// The number of the egress that each address is of, the first of two.
    private static func begun(_ marks: ConnectionMarks) -> [IPv4Address: Int] {
        Dictionary(
            marks.egresses.keys.sorted().filter { marks.mark(of: $0) != nil }.flatMap { number in
                (marks.addresses[number] ?? []).map { ($0, number) }
            }, uniquingKeysWith: { first, _ in first })
    }

    /// The chains by which sources leave with addresses of their interface.
    private static func giving(_ given: GivenAddresses) -> [String] {
        var lines: [String] = []
        var byLength: [Int: [String]] = [:]
        for entry in given.entries {
            let odd = ["#": "_23", ",": "_2c"]
            let place = ([entry.egress.interface] + entry.egress.addresses.map(\.description))
                .joined(separator: "/").map { odd[String($0)] ?? String($0) }.joined()
            let leaves = "oifname \(quoted(entry.egress.interface))"
            let addresses = entry.egress.addresses
            var address = "\(addresses[0])"
            if addresses.count > 1 {
                let pool = AddressPool(addresses)
                let pairs = (0...pool.mask).map {
                    "\(IPv4Address(rawValue: $0)) : \(pool.address(ofBits: $0))"
                }
                lines.append(
                    "map pool/\(place) { type ipv4_addr : ipv4_addr;"
                        + " elements = { \(pairs.joined(separator: ", ")) } }")
                address = "ip saddr and \(IPv4Address(rawValue: pool.mask)) map @pool/\(place)"
            }
            lines.append(
                "chain given/\(place) { \(leaves) ip saddr set \(address);"
                    + " \(leaves) fib saddr . oif type != local counter drop;"
                    + " \(leaves) snat to ip saddr; }")
            for source in entry.sources {
                byLength[source.length, default: []].append("\(source) : goto given/\(place)")
            }
        }
        for source in given.plain {
            byLength[source.length, default: []].append("\(source) : accept")
        }
        let lengths = byLength.keys.sorted(by: >)
        let maps = lengths.map { length in
            let kind = length == 32 ? "" : " flags interval;"
            let elements = (byLength[length] ?? []).joined(separator: ", ")
            return
                "map from\(length) { type ipv4_addr : verdict;\(kind) elements = { \(elements) } }"
        }
        let chain =
            "chain given { type nat hook postrouting priority \(given.priority); policy accept;"
            + " fib saddr type local accept; ip daddr @internal accept;"
            + lengths.map { " ip saddr vmap @from\($0);" }.joined() + " }"
        return lines.filter { $0.hasPrefix("chain") } + [chain] + maps
            + lines.filter { $0.hasPrefix("map") }
    }

    private static func hex(_ number: UInt32) -> String { "0x" + String(number, radix: 16) }

    private static func set(_ name: String, _ networks: [String]) -> [String] {
        let elements = networks.joined(separator: ", ")
        return [
            "set \(name) { type ipv4_addr; flags interval; auto-merge;"
                + (elements.isEmpty ? "" : " elements = { \(elements) }") + " }"
        ]
    }

    private static func quoted(_ interface: String) -> String { "\"\(interface)\"" }
}
