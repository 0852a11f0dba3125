import NATModel
import NATParse
import NATTesting
import Testing

private func parse(_ text: String) throws -> AssignmentsFile {
    try AssignmentsFile.parse(Array(text.utf8))
}

@Suite struct AssignmentsFileTests {
    private static let sample = """
        # source           egress   note
        172.31.26.176      eth1     # batch worker

        \t10.0.3.0/24   eth1
        # ec2-a leaves as everybody does
        172.31.26.175 eth0 # the #1 caller\r
        """

    @Test func `reads sources and interfaces in order, and nothing of the notes`() throws {
        let file = try parse(Self.sample)
        #expect(
            file.assignments().map { "\($0.source) \($0.egress)" } == [
                "172.31.26.176 eth1", "10.0.3.0/24 eth1", "172.31.26.175 eth0",
            ])
        #expect(file.text == Self.sample)
    }

    @Test(arguments: [
        ("172.31.26.176", "no interface"), ("10.0.3.1/24 eth1", "say 10.0.3.0/24 or 10.0.3.1"),
        ("host-b eth1", "not an IPv4"), ("10.0.3.0/24 eth1 eth2", "more than"),
        ("0.0.0.0/0 eth1", "every host"), ("10.0.0.1 averyveryverylongname", "interface"),
        ("10.0.0.1 abcdefghijklmnop", "interface"), ("10.0.0.1 a/b", "interface"),
        ("2001:db8::1 eth1", "not an IPv4"),
    ])
    func `names the line that is wrong`(line: String, words: String) throws {
        let failure = try #require(throws: AssignmentsFile.Failure.self) {
            try parse("# fine\n10.9.9.9 eth0\n\(line)\n")
        }
        #expect(failure.lines.count == 1)
        let text = failure.lines.first?.description ?? ""
        #expect(text.hasPrefix("/etc/natdeck/assignments:3: "))
        #expect(text.contains(words), "\(text)")
    }

    @Test func `a name may be as long as the kernel lets it, and no longer`() throws {
        let file = try parse("10.0.0.1 abcdefghijklmno\n")
        #expect(file.assignments().map(\.egress) == ["abcdefghijklmno"])
    }

    @Test func `names every line that is wrong, and both of a double source`() throws {
        let failure = try #require(throws: AssignmentsFile.Failure.self) {
            try parse("10.0.0.1 eth0\nnonsense\n10.0.0.1/32 eth1\n")
        }
        #expect(failure.lines.map(\.number) == [2, 3])
        #expect(failure.lines.last?.reason.contains("line 1 too") == true)
    }

    @Test func `refuses what is no UTF-8`() {
        #expect(throws: AssignmentsFile.Failure.self) {
            try AssignmentsFile.parse([0x23, 0xff, 0x0a])
        }
    }

    @Test func `changes an interface in its place and leaves its note`() throws {
        var file = try parse(Self.sample)
        file.set(.prefix(FakeBox.source("172.31.26.176")), egress: "ens192")
        file.set(.prefix(FakeBox.source("10.0.3.0/24")), egress: "e0")
        file.set(.prefix(FakeBox.source("10.0.4.0/24")), egress: "eth1")
        file.remove(.prefix(FakeBox.source("172.31.26.175")))
        #expect(
            file.text == """
                # source           egress   note
                172.31.26.176      ens192   # batch worker

                \t10.0.3.0/24   e0
                # ec2-a leaves as everybody does
                10.0.4.0/24        eth1

                """)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `set and remove leave every other line as it is`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var lines: [String] = []
        for host in 0..<Int.random(in: 0...12, using: &random) {
            let blank = ["", "  ", "\t"].randomElement(using: &random) ?? ""
            let gap = [" ", "\t", "     "].randomElement(using: &random) ?? " "
            let note = ["", "  # note \(host)", "\t#"].randomElement(using: &random) ?? ""
            lines.append("\(blank)10.0.0.\(host)\(gap)eth\(host % 3)\(note)")
            if Bool.random(using: &random) { lines.append(["", "# x", "  "][host % 3]) }
        }
        let text = lines.joined(separator: "\n") + (Bool.random(using: &random) ? "\n" : "")
        var file = try parse(text)
        #expect(file.text == text)
        let target = "10.0.0.\(Int.random(in: 0...14, using: &random))"
        let others = { (text: String) in
            text.split(separator: "\n", omittingEmptySubsequences: false).filter {
                $0.split { $0 == " " || $0 == "\t" }.first.map(String.init) != target
            }.drop { _ in false }
        }
        let before = Array(others(text))
        if Bool.random(using: &random) {
            file.set(.prefix(FakeBox.source(target)), egress: "eth7")
            let kept = file.assignments().first { $0.source == FakeBox.source(target) }
            #expect(kept?.egress == "eth7")
        } else {
            file.remove(.prefix(FakeBox.source(target)))
            #expect(!file.assignments().contains { $0.source == FakeBox.source(target) })
        }
        let after = Array(others(file.text))
        // A new last line brings the line end that the old one lacked.
        #expect(after == before || after == before + [""])
        #expect(try parse(file.text) == file)
    }

    @Test(arguments: [
        ("10.0.0.7 eth1/10.0.2.6", "eth1", ["10.0.2.6"]),
        ("10.0.0.7 süd0/10.0.2.6,10.0.2.7 # two", "süd0", ["10.0.2.6", "10.0.2.7"]),
        ("10.0.0.7 \"#x/10.0.2.6\"", "#x", ["10.0.2.6"]),
        ("10.0.0.7 203.0.113.196 # two", "", ["203.0.113.196"]),
        ("10.0.0.0/24 203.0.113.195,203.0.113.196", "", ["203.0.113.195", "203.0.113.196"]),
    ])
    func `an egress is an interface with addresses of it`(
        line: String, interface: String, addresses: [String]
    ) throws {
        var file = try parse(line)
        let egress = Egress(interface, addresses: addresses.compactMap { IPv4Address($0) })
        #expect(file.assignments().map(\.egress) == [egress])
        let source = try #require(file.assignments().first?.source)
        file.set(.prefix(source), egress: "eth2")
        file.set(.prefix(source), egress: egress)
        #expect(try parse(file.text).assignments().map(\.egress) == [egress])
        #expect(file.text.contains("# two") == line.contains("# two"))
    }

    @Test(arguments: ["eth1/", "eth1/x", "/10.0.2.6", "eth1/10.0.2.6,10.0.2.6", "eth1/10.0.2.6,"])
    func `an egress that is none is an error`(word: String) {
        #expect(throws: AssignmentsFile.Failure.self) { try parse("10.0.0.7 \(word)") }
    }

    @Test func `a name that would break its line stands in quotes, and is read again`() throws {
        let names = [
            "#x", "\"q", "\"", "a\\b", "*", "!eth", "w'x", "eth\u{1b}[2J", "ens5#6", "\u{202e}x",
            "-n",
            "süd0",
        ]
        var file = AssignmentsFile()
        for (number, name) in names.enumerated() {
            file.set(.prefix(FakeBox.source("10.0.0.\(number)")), egress: Egress(name))
        }
        #expect(file.text.strippedOfControls.contains("\"#x\" 10.0.0.1"))
        let again = try parse(file.text)
        #expect(again == file)
        #expect(again.assignments().map(\.egress) == names.map { Egress($0) })
        #expect(file.text.utf8.allSatisfy { $0 == 0x0a || $0 >= 0x20 && $0 != 0x7f })
        // The note stays beside a name that gets quotes, and one that loses them.
        file = try parse("10.0.0.1  eth1   # mine\n")
        file.set(.prefix(FakeBox.source("10.0.0.1")), egress: "#x")
        #expect(file.text == "10.0.0.1  \"#x\"   # mine\n")
        file.set(.prefix(FakeBox.source("10.0.0.1")), egress: "e0")
        #expect(file.text == "10.0.0.1  e0     # mine\n")
    }

    @Test(arguments: [
        ("10.0.0.1 \"eth0", "does not end"), ("10.0.0.1 \"eth0\"1", "no blank after"),
        ("10.0.0.1 \"\\q\"", "mean something"), ("10.0.0.1 \"\\x1g\"", "hexadecimal"),
        ("10.0.0.1 \"\\xff\"", "not UTF-8"), ("10.0.0.1 \"\"", "interface"),
        ("10.0.0.1 \"a b\"", "interface"), ("10.0.0.1 eth\u{1}", "control character"),
    ])
    func `says what is wrong with a quoted word`(line: String, words: String) throws {
        let failure = try #require(throws: AssignmentsFile.Failure.self) { try parse(line) }
        #expect(failure.lines.first?.reason.contains(words) == true, "\(failure)")
    }

    @Test func `of a file with bad lines it is known what the others say`() throws {
        let failure = try #require(throws: AssignmentsFile.Failure.self) {
            try parse("10.0.0.1 eth0\n10.0.0.300 eth0\n10.0.0.2 eth1\n10.0.0.1 eth1\n")
        }
        #expect(failure.lines.map(\.number) == [2, 4])
        #expect(
            failure.understood.map { "\($0.name) \($0.egress)" } == [
                "10.0.0.1 eth0", "10.0.0.2 eth1",
            ])
    }

    @Test func `a file too large to be meant is refused before a line of it is read`() throws {
        func refusal(_ bytes: [UInt8]) throws -> [AssignmentsFile.BadLine] {
            try #require(throws: AssignmentsFile.Failure.self) {
                try AssignmentsFile.parse(bytes)
            }.lines
        }
        let line = Array("10.0.0.1 e\n".utf8)
        let many = try refusal(Array(repeatElement(line, count: 100_001).joined()))
        #expect(
            many.map(\.reason) == [
                "the file has 100001 lines, and no more than 100000 are read"
            ])
        let large = try refusal([UInt8](repeating: 0x23, count: AssignmentsFile.mostBytes + 1))
        #expect(
            large.map(\.reason) == [
                "the file has 8388609 bytes, and no more than 8388608 are read"
            ])
        let long = try refusal(line + [UInt8](repeating: 0x61, count: 1 << 20) + [0x0a])
        #expect(
            long.map(\.description) == [
                "/etc/natdeck/assignments:2: the line has 1048576 bytes, more than 4096"
            ])
        let wrong = try refusal(Array(repeatElement(Array("no\n".utf8), count: 10_000).joined()))
        #expect(wrong.count == 10_000)
        var random = SeededRandom(seed: 1)
        let binary = (0..<65_536).map { _ in UInt8.random(in: 0...255, using: &random) }
        #expect(try !refusal(binary).isEmpty)
    }

    private static let named = """
        ec2:i-0123456789abcdef0 eth1
        "ec2:tag:Name=batch \\"job\\" süd" eth0  # with blanks
        ec2:tag:a\\=b=c=d eth1
        dns:worker-2.example. eth0
        172.31.26.176 eth0
        """

    @Test func `names are read, written again and stand for the hosts that are known`() throws {
        var file = try parse(Self.named)
        #expect(
            file.names == [
                .instance("i-0123456789abcdef0"),
                .tag(key: "Name", value: "batch \"job\" süd"), .tag(key: "a=b", value: "c=d"),
                .dns("worker-2.example."),
            ])
        #expect(file.text == Self.named)
        #expect(file.assignments().map(\.source) == [FakeBox.source("172.31.26.176")])
        var known = FollowedName(.tag(key: "a=b", value: "c=d"))
        known.hosts = ["172.31.26.176", "172.31.26.177"].compactMap { IPv4Address($0) }.map {
            FollowedName.Host($0)
        }
        var other = FollowedName(.dns("worker-2.example."))
        other.hosts = [FollowedName.Host(known.hosts[1].address)]
        // The address itself comes first, and then the name that does.
        #expect(
            file.assignments(knowing: [other, known]).map { "\($0.source) \($0.egress)" } == [
                "172.31.26.177 eth1", "172.31.26.176 eth0",
            ])
        let again = try parse(file.text)
        #expect(again == file)
        file.remove(.instance("i-0123456789abcdef0"))
        file.set(.tag(key: "Name", value: "x y"), egress: "eth1")
        #expect(file.text.hasPrefix("\"ec2:tag:Name=batch"))
        #expect(file.text.contains("\n\"ec2:tag:Name=x y\" eth1\n"))
    }

    @Test(arguments: [
        "ec2:i-xyz", "ec2:i-", "ec2:tag:Name", "ec2:tag:=x", "ec2:tag:a\\b=c", "ec2:worker", "dns:",
        "dns:-x", "dns:a..b", "dns:10.0.0.1", "dns:a/b",
    ])
    func `a name that cannot be meant is told`(word: String) throws {
        let failure = try #require(throws: AssignmentsFile.Failure.self) {
            try parse("\(word) eth1\n")
        }
        #expect(failure.lines.first?.reason.hasPrefix("a name is ec2:i-NUMBER, ") == true)
    }

    @Test func `a name that stands twice is told`() throws {
        let failure = try #require(throws: AssignmentsFile.Failure.self) {
            try parse("ec2:tag:a=b eth1\nec2:tag:a=b eth0\n")
        }
        #expect(failure.lines.first?.reason == "ec2:tag:a=b is on line 1 too")
    }
}
