/// Rules of both backends of iptables and of nftables, at the hooks that a forwarded packet passes,
/// which a seed gives again.
package struct RandomFilters: Sendable {
    private var random: SeededRandom

    package init(seed: UInt64) { random = SeededRandom(seed: seed) }

    /// The interface by which packets come in.
    package static let input = "lan0"
    /// The interfaces by which they leave, each with two addresses.
    package static let outputs = [
        "eth0": ["172.31.0.2/24", "172.31.0.3/24"], "eth1": ["172.31.1.2/24", "172.31.1.3/24"],
    ]
    /// Hosts behind the box.
    package static let hosts = ["10.9.0.5", "10.9.0.6", "10.9.0.77", "10.9.1.7", "10.77.3.3"]

    /// What is put to `iptables-restore`; empty where this backend is to hold nothing.
    package mutating func iptables() -> String {
        if random.oneIn(3) { return "" }
        let policy = random.oneIn(6) ? "DROP" : "ACCEPT"
        var lines = early()
        lines += ["*filter", ":FORWARD \(policy) [0:0]", ":U1 - [0:0]", ":U2 - [0:0]"]
        for (chain, count) in [("FORWARD", 5), ("U1", 3), ("U2", 2)] {
            lines += (0..<Int.random(in: 0...count, using: &random)).map { _ in
                "-A \(chain)\(words(isNAT: false)) \(verdict(chain))"
            }
        }
        lines += ["COMMIT", "*nat", ":POSTROUTING ACCEPT [0:0]", ":U1 - [0:0]", ":U2 - [0:0]"]
        for (chain, count) in [("POSTROUTING", 5), ("U1", 3), ("U2", 2)] {
            lines += (0..<Int.random(in: 0...count, using: &random)).map { _ in
                "-A \(chain)\(words(isNAT: true)) \(translation(chain))"
            }
        }
        return (lines + ["COMMIT"]).joined(separator: "\n") + "\n"
    }

    /// Chains that a packet passes before and behind FORWARD.
    private mutating func early() -> [String] {
        var lines = ["*raw", ":PREROUTING ACCEPT [0:0]"]
        if random.oneIn(4) {
            let verdict = random.pick(["-j CT --notrack", "-j DROP", "-j ACCEPT", "-j CT --zone 7"])
            lines.append("-A PREROUTING\(earlyWords()) \(verdict)")
        }
        lines += ["COMMIT", "*mangle", ":PREROUTING ACCEPT [0:0]", ":POSTROUTING ACCEPT [0:0]"]
        if random.oneIn(5) {
            lines.append("-A PREROUTING\(earlyWords()) \(random.pick(["-j DROP", "-j ACCEPT"]))")
        }
        lines += (0..<Int.random(in: 0...2, using: &random)).map { _ in
            "-A PREROUTING\(earlyWords())\(markMatch()) \(marking())"
        }
        if random.oneIn(4) {
            lines.append(
                "-A POSTROUTING\(words(isNAT: true)) \(random.pick(["-j DROP", "-j RETURN"]))")
        }
        return lines + ["COMMIT"]
    }

    /// What gives a packet or its connection a mark.
    private mutating func marking() -> String {
        random.pick([
            "-j MARK --set-mark 0x1", "-j MARK --set-xmark 0x2/0x3", "-j MARK --or-mark 0x4",
            "-j MARK --and-mark 0xfe", "-j MARK --xor-mark 0x1", "-j CONNMARK --set-mark 0x1",
            "-j CONNMARK --set-xmark 0x2/0x3", "-j CONNMARK --save-mark",
            "-j CONNMARK --restore-mark", "-j CONNMARK --save-mark --nfmask 0x3 --ctmask 0xff",
            "-j CONNMARK --restore-mark --mask 0x3",
        ])
    }

    private mutating func markMatch() -> String {
        guard random.oneIn(3) else { return "" }
        let mark = random.pick(["0x1/0xff", "0x2/0x3", "0x0/0x3", "0x1", "0x4/0x4"])
        let no = random.oneIn(3) ? " !" : ""
        return " -m \(random.oneIn(3) ? "connmark" : "mark")\(no) --mark \(mark)"
    }

    /// What can be asked for before a packet is routed.
    private mutating func earlyWords() -> String {
        var words = random.oneIn(3) ? "" : " -s \(random.pick(Self.hosts + Self.networks))"
        if random.oneIn(4) { words += " -i \(random.pick(["lan0", "eth0"]))" }
        if random.oneIn(5) { words += " -p udp" }
        return words
    }

    /// Policies of IPsec, as `ip -batch` takes them; mostly none.
    package mutating func policies() -> [String] {
        guard random.oneIn(4) else { return [] }
        let sources =
            Self.hosts + Self.networks + ["0.0.0.0/0", "172.31.0.2", "172.31.1.2", "203.0.113.9"]
        return (0..<Int.random(in: 1...4, using: &random)).map { _ in
            let selector =
                "src \(random.pick(sources)) dst"
                + " \(random.pick(["0.0.0.0/0", "0.0.0.0/0", "10.0.0.0/8", "8.0.0.0/8"]))"
                + random.pick(["", "", "", " proto udp", " proto tcp"])
            let direction = random.pick(["out", "out", "fwd"])
            let mark = random.oneIn(6) ? " mark 5" : ""
            let priority = random.pick([100, 200])
            let template = "tmpl src 172.31.0.2 dst 203.0.113.1 proto esp mode tunnel"
            return "xfrm policy add \(selector) dir \(direction)\(mark) priority \(priority)"
                + random.pick(["", " action block", " \(template)"])
        }
    }

    /// A chain of a device; mostly none.
    private mutating func ofDevice() -> String {
        guard random.oneIn(3) else { return "" }
        let (hook, device) = random.pick([
            ("ingress", "lan0"), ("ingress", "eth0"), ("egress", "eth0"), ("egress", "eth1"),
            ("egress", "lan0"),
        ])
        let addresses =
            Self.hosts + Self.networks + ["172.31.0.2", "172.31.1.2", "203.0.113.16/30"]
        let rules = (0..<Int.random(in: 1...3, using: &random)).map { _ in
            "ip saddr \(random.oneIn(4) ? "!= " : "")\(random.pick(addresses))"
                + " \(random.pick(["drop", "drop", "accept", "tcp dport 443 drop"]))"
        }
        return "table netdev dev {\n\tchain c {\n\t\ttype filter hook \(hook) device"
            + " \"\(device)\" priority 0; policy accept;\n\t\t"
            + rules.joined(separator: "\n\t\t") + "\n\t}\n}\n"
    }

    /// Jumps lead on only, so that no chain comes to itself.
    private mutating func jump(_ chain: String) -> String? {
        switch chain {
        case "U2": nil
        case "U1": "U2"
        default: random.pick(["U1", "U2"])
        }
    }

    private mutating func verdict(_ chain: String) -> String {
        switch Int.random(in: 0..<12, using: &random) {
        case 10, 11: marking()
        case 0, 1, 2: "-j ACCEPT"
        case 3, 4: "-j DROP"
        case 5: "-j REJECT"
        case 6: "-j RETURN"
        case 7: jump(chain).map { "-g \($0)" } ?? "-j RETURN"
        default: jump(chain).map { "-j \($0)" } ?? "-j ACCEPT"
        }
    }

    private mutating func translation(_ chain: String) -> String {
        switch Int.random(in: 0..<12, using: &random) {
        case 11: marking()
        case 0, 1: "-j MASQUERADE"
        case 2: "-j SNAT --to-source \(random.pick(["172.31.0.3", "172.31.1.3", "203.0.113.9"]))"
        case 3: "-j SNAT --to-source 203.0.113.16-203.0.113.19"
        case 4: "-j NETMAP --to 198.18.0.0/16"
        case 5: "-j ACCEPT"
        case 6, 7: "-j RETURN"
        case 8: jump(chain).map { "-g \($0)" } ?? "-j RETURN"
        default: jump(chain).map { "-j \($0)" } ?? "-j MASQUERADE"
        }
    }

    private static let networks = ["10.9.0.0/24", "10.9.0.0/16", "10.0.0.0/8", "172.16.0.0/12"]

    private mutating func words(isNAT: Bool) -> String {
        var words = ""
        if random.oneIn(2) {
            words +=
                (random.oneIn(4) ? " !" : "") + " -s \(random.pick(Self.hosts + Self.networks))"
        }
        if random.oneIn(3) {
            words +=
                (random.oneIn(4) ? " !" : "") + " -o \(random.pick(["eth0", "eth1", "eth+"]))"
        }
        if !isNAT, random.oneIn(4) {
            words += (random.oneIn(4) ? " !" : "") + " -i \(random.pick(["lan0", "lan+", "eth0"]))"
        }
        if random.oneIn(5) {
            words += random.pick([" ! -d 10.0.0.0/8", " -d 10.0.0.0/8", " -d 8.0.0.0/8"])
        }
        switch Int.random(in: 0..<16, using: &random) {
        case 12: words += " -m policy --dir out --pol \(random.pick(["none", "none", "ipsec"]))"
        case 13: words += " -p tcp --tcp-flags SYN,FIN SYN,FIN"
        case 0: words += " -m conntrack --ctstate NEW"
        case 1: words += " -m conntrack --ctstate RELATED,ESTABLISHED"
        case 2: words += " -m conntrack ! --ctstate NEW"
        case 3: words += " -m iprange --src-range 10.9.0.6-10.9.0.80"
        case 4: words += " -m iprange ! --src-range 10.9.0.6-10.9.0.80"
        case 5: words += " -m mark --mark 0x1/0xff"
        case 9, 10: words += markMatch()
        case 6:
            words += random.pick([" -m addrtype --dst-type LOCAL", " -m conntrack --ctstate DNAT"])
        case 7: words += " -p udp"
        case 8: words += " -p tcp --dport 443"
        case 11: words += " -m statistic --mode random --probability 0.5"
        default: break
        }
        return words
    }

    /// What is put to `nft -f -`, a table for each hook or two; empty where there is to be none.
    package mutating func nft() -> String {
        if random.oneIn(3) { return "" }
        var text = ""
        for number in 0..<Int.random(in: 1...2, using: &random) {
            let priority = random.pick(["filter", "-10", "10"])
            let policy = random.oneIn(6) ? "drop" : "accept"
            text += "table inet fw\(number) {\n"
            text += chain("u2", nil, isNAT: false) + chain("u1", nil, isNAT: false)
            text += chain(
                "forw", "type filter hook forward priority \(priority); policy \(policy);",
                isNAT: false)
            text += "}\n"
        }
        if random.oneIn(3) {
            let (hook, priority) = random.pick([
                ("prerouting", "-300"), ("prerouting", "-150"), ("postrouting", "-150"),
                ("postrouting", "150"),
            ])
            let isEarly = hook == "prerouting"
            let rule = random.pick([
                "ip saddr \(random.pick(Self.hosts)) drop", "ip saddr 172.31.0.3 drop",
                isEarly && priority == "-300"
                    ? random.pick([
                        "ip saddr 10.9.0.0/24 notrack",
                        "ip saddr 10.9.0.0/16 notrack ip saddr 10.9.0.0/25 accept",
                    ]) : "counter",
                isEarly ? "fib saddr type local drop" : "fib saddr type local counter",
                isEarly ? "counter" : "oifname \"eth0\" fib saddr type != local drop",
                "ip saddr \(random.pick(Self.hosts)) \(nftMarking())",
                isEarly ? "iifname \"eth0\" drop" : "oifname \"eth1\" ip saddr 10.9.0.0/24 drop",
            ])
            text +=
                "table ip early {\n\tchain c {\n\t\ttype filter hook \(hook) priority \(priority);"
                + " policy accept;\n\t\t\(rule)\n\t}\n}\n"
        }
        text += ofDevice()
        for number in 0..<Int.random(in: 0...2, using: &random) {
            let priority = random.pick(["srcnat", "90", "110"])
            text += "table ip nat\(number)x {\n"
            text += chain("u2", nil, isNAT: true) + chain("u1", nil, isNAT: true)
            text += chain(
                "post", "type nat hook postrouting priority \(priority); policy accept;",
                isNAT: true)
            text += "}\n"
        }
        return text
    }

    private mutating func chain(_ name: String, _ type: String?, isNAT: Bool) -> String {
        let rules = (0..<Int.random(in: 0...4, using: &random)).map { _ in
            "\t\t\(expression(isNAT: isNAT))\(nftVerdict(name, isNAT: isNAT))"
        }
        return
            (["\tchain \(name) {"] + [type.map { "\t\t" + $0 }].compactMap(\.self) + rules
            + ["\t}"]).joined(separator: "\n") + "\n"
    }

    private mutating func nftVerdict(_ chain: String, isNAT: Bool) -> String {
        let target = jump(chain.uppercased())?.lowercased()
        switch Int.random(in: 0..<10, using: &random) {
        case 0, 1: return "accept"
        case 2: return "return"
        case 3: return target.map { "jump \($0)" } ?? "accept"
        case 4: return target.map { "goto \($0)" } ?? "return"
        case 5 where !isNAT: return "reject"
        case 6 where isNAT: return "snat to 203.0.113.16-203.0.113.19"
        case 7 where isNAT: return "snat to \(random.pick(["172.31.0.3", "203.0.113.9"]))"
        default: return isNAT ? "masquerade" : random.pick(["drop", "accept"])
        }
    }

    /// What gives a packet or its connection a mark, and has it go on in the rule.
    private mutating func nftMarking() -> String {
        random.pick([
            "meta mark set 0x1", "meta mark set meta mark or 0x2",
            "meta mark set meta mark and 0xfffffffe", "meta mark set meta mark xor 0x1",
            "meta mark set ct mark", "meta mark set ct mark and 0x3", "ct mark set 0x2",
            "ct mark set meta mark", "ct mark set ct mark or 0x1",
            "meta mark set ip saddr map { 10.9.0.5 : 0x1, 10.9.0.6 : 0x2 }",
            "meta mark set jhash ip saddr mod 2 map { 0 : 0x1, 1 : 0x2 }",
            "meta mark set numgen inc mod 2",
        ])
    }

    private mutating func expression(isNAT: Bool) -> String {
        var text = ""
        let no = random.oneIn(4) ? "!= " : ""
        if random.oneIn(2) {
            text += random.pick([
                "ip saddr \(no)\(random.pick(Self.hosts + Self.networks)) ",
                "ip saddr \(no){ 10.9.0.5, 10.9.0.70-10.9.0.80, 10.77.0.0/16 } ",
                "ip saddr \(no)10.9.0.6-10.9.1.255 ",
            ])
        }
        let unlike = random.oneIn(4) ? "!= " : ""
        if random.oneIn(3) {
            text += random.pick([
                "oifname \(unlike)\"eth0\" ", "oifname \(unlike){ \"eth1\", \"ppp0\" } ",
                "oifname \(unlike)\"eth*\" ",
            ])
        }
        if !isNAT, random.oneIn(4) {
            text += random.pick(["iifname \"lan0\" ", "iifname != \"lan*\" ", "iifname \"eth1\" "])
        }
        if random.oneIn(5) {
            text += random.pick(["ip daddr != 10.0.0.0/8 ", "ip daddr 10.0.0.0/8 "])
        }
        switch Int.random(in: 0..<14, using: &random) {
        case 0: text += "ct state new "
        case 1: text += "ct state established,related "
        case 2: text += "ct state != new "
        case 3:
            text += random.pick([
                "meta mark 0x00000001 ", "meta mark & 0x3 != 0x0 ", "meta mark & 0x3 == 0x2 ",
                "ct mark 0x00000001 ", "ct mark & 0x3 == 0x0 ",
            ])
        case 10, 11: text += nftMarking() + " "
        case 4:
            text += random.pick(["fib daddr type local ", "ct status dnat ", "ct status snat "])
        case 5: text += "meta l4proto udp "
        case 6: text += "tcp dport 443 "
        case 7: text += "ip saddr . oifname { 10.9.0.5 . \"eth0\", 10.9.1.0/24 . \"eth1\" } "
        case 8: text += "counter "
        case 9 where !isNAT:
            text += "ip saddr vmap { 10.9.0.6 : drop, 10.77.3.3 : accept } "
        default: break
        }
        return text
    }
}
