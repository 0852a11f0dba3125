import NATHost
import NATLab
import NATModel
import Testing

extension PacketTests {
    @Test func `no text that is printed holds a control character of a file or a name`()
        async throws
    {
        try await BoxUnderTest.with(.scenario) { (box: BoxUnderTest) async throws in
            try await box.done("assign", Self.hostB, "eth1", "--yes")
            // A title that clears the screen and begins a line of its own, as JSON escapes it.
            try await box.lab.output(
                in: "nat", "sed", "-i", #"s/"title":"/"title":"\\u001b[2J\\u009b7m\\nx/g"#,
                "/var/log/natdeck/history.jsonl")
            try await box.lab.output(
                in: "nat", "ip", "link", "add", "ev\u{1b}[7mil\u{9b}", "type", "bridge")
            for words in [["history"], ["status"], ["doctor"], ["undo", "--dry-run"]] {
                let reply = try await box.lab.run(
                    in: "nat", Command([box.natdeck] + words), deadline: .seconds(30))
                let text = String(decoding: reply.output, as: UTF8.self) + reply.error + "\n"
                let stray = text.unicodeScalars.filter {
                    $0 != "\n" && $0.properties.generalCategory == .control
                }
                #expect(stray.isEmpty, "\(words): \(text)")
            }
            let history = try await box.run("history").output
            #expect(history.contains("[2J"), "the title was not changed: \(history)")
        }
    }
}
