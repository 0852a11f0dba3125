import NATHost
import NATTesting
import Testing

@Suite struct ServiceUnitTests {
    private func start(_ executable: String, _ options: [String] = []) -> String? {
        let host = FakeHost(.scenario)
        let unit = ServiceUnit(
            runner: host, files: host, executable: executable, guarding: options)
        return unit.contents.split(separator: "\n").first { $0.hasPrefix("ExecStart=") }
            .map(String.init)
    }

    @Test func `the unit starts the guard as it was installed`() {
        #expect(start("/usr/bin/natdeck") == #"ExecStart="/usr/bin/natdeck" guard"#)
        #expect(
            start("/opt/100% $x/\"n\"", ["--refresh 10", "--at-most 600"])
                == #"ExecStart="/opt/100%% $$x/\"n\"" guard --refresh 10 --at-most 600"#)
    }
}
