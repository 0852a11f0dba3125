import Glibc
import NATHost
import NATModel
import NATTesting
import Testing

/// What natdeck makes of a socket that does not simply answer.
@Suite struct NetlinkTests {
    /// A message of NLM_F_MULTI, or with these flags.
    private static func message(_ kind: UInt8, _ body: [UInt8], flags: UInt8 = 2) -> [UInt8] {
        [UInt8(16 + body.count), 0, 0, 0, kind, 0, flags, 0] + [UInt8](repeating: 0, count: 8)
            + body
    }

    /// `from all lookup 100`, with this priority.
    private static func rule(_ priority: UInt8, flags: UInt8 = 2) -> [UInt8] {
        message(
            32, [2, 0, 0, 0, 100, 0, 0, 1, 0, 0, 0, 0, 8, 0, 6, 0, priority, 0, 0, 0],
            flags: flags)
    }

    private static let done = message(3, [0, 0, 0, 0])
    /// NLM_F_DUMP_INTR beside NLM_F_MULTI.
    private static let interrupted = message(3, [0, 0, 0, 0], flags: 0x12)

    private static func refusal(_ number: Int32, sentence: String? = nil) -> [UInt8] {
        let code = withUnsafeBytes(of: -number) { Array($0) }
        var body = code + [UInt8](repeating: 0, count: 16)
        // NLM_F_CAPPED and NLM_F_ACK_TLVS, with NLMSGERR_ATTR_MSG.
        var flags: [UInt8] = [0, 1]
        if let sentence {
            var text = Array(sentence.utf8) + [0]
            let length = UInt8(4 + text.count)
            while text.count % 4 != 0 { text.append(0) }
            body += [length, 0, 1, 0] + text
            flags[1] = 3
        }
        return [UInt8(16 + body.count), 0, 0, 0, 2, 0] + flags + [UInt8](repeating: 0, count: 8)
            + body
    }

    private static func priorities(_ script: ScriptedSockets) async -> Reading<[Int]> {
        await KernelRouting(script).rules().map { $0.map(\.priority) }
    }

    private static func failure(_ script: ScriptedSockets) async -> String? {
        await KernelRouting(script).rules().failure?.reason
    }

    @Test func `an answer may come in many pieces`() async {
        let script = ScriptedSockets([
            .answer(Self.rule(1) + Self.rule(2)), .answer(Self.rule(3)), .answer(Self.done),
        ])
        #expect(await Self.priorities(script) == .value([1, 2, 3]))
    }

    @Test func `a call that a signal interrupts is made again`() async {
        let script = ScriptedSockets(
            [
                .error(EINTR), .answer(Self.rule(1)), .error(EINTR), .error(EINTR),
                .answer(Self.done),
            ], sendErrors: [EINTR, EINTR])
        #expect(await Self.priorities(script) == .value([1]))
        #expect(script.sent.count == 1)
    }

    @Test(arguments: [ENOBUFS, ETIMEDOUT, ECONNRESET])
    func `half an answer is none`(number: Int32) async {
        let script = ScriptedSockets([.answer(Self.rule(1)), .error(number)])
        #expect(await Self.failure(script) == String(cString: strerror(number)))
    }

    @Test func `a datagram that does not fit is no answer`() async {
        let script = ScriptedSockets([.answer(Self.rule(1)), .tooLong, .answer(Self.done)])
        #expect(await Self.failure(script) == String(cString: strerror(EMSGSIZE)))
    }

    @Test func `a message cut short is no answer`() async {
        let script = ScriptedSockets([.answer(Self.rule(1).dropLast(4) + []), .answer(Self.done)])
        #expect(await Self.failure(script) == "a netlink message that is cut short")
    }

    @Test func `a refusal is told in the kernel's words`() async {
        let plain = ScriptedSockets([.answer(Self.refusal(EPERM))])
        #expect(await Self.failure(plain) == "Operation not permitted")
        let told = ScriptedSockets([.answer(Self.refusal(EINVAL, sentence: "No such thing"))])
        #expect(await Self.failure(told) == "No such thing")
        let unsent = ScriptedSockets([], sendErrors: [ENOMEM])
        #expect(await Self.failure(unsent) == "Cannot allocate memory")
    }

    @Test func `what changed while it was told is asked for anew`() async {
        let script = ScriptedSockets([
            .answer(Self.rule(1, flags: 0x12)), .answer(Self.interrupted),
            .answer(Self.rule(1) + Self.rule(2)), .answer(Self.done),
        ])
        #expect(await Self.priorities(script) == .value([1, 2]))
        #expect(script.sent.count == 2)
    }

    @Test func `what never stands still is given up`() async {
        let once: [ScriptedSockets.Event] = [
            .answer(Self.rule(1)), .answer(Self.interrupted),
        ]
        let script = ScriptedSockets((0..<20).flatMap { _ in once })
        #expect(await Self.failure(script) == "kept changing while it was read")
        #expect(script.sent.count == 10)
    }

    @Test func `nobody but the kernel is believed`() async {
        let script = ScriptedSockets([
            .foreign(Self.rule(66), port: 4711), .answer(Self.rule(1)),
            .foreign(Self.done, port: 4711), .answer(Self.rule(2) + Self.done),
        ])
        #expect(await Self.priorities(script) == .value([1, 2]))
    }

    @Test func `the answer to another question is passed over`() async {
        let script = ScriptedSockets([
            .late(Self.rule(66)), .late(Self.done), .answer(Self.rule(1)), .answer(Self.done),
        ])
        #expect(await Self.priorities(script) == .value([1]))
    }

    private static let changes = (1...3).map {
        RoutingChange.addRule(
            RoutingPolicyRule(priority: $0, action: .lookup(table: 100)))
    }

    @Test func `a change whose answer is lost is uncertain`() async {
        let script = ScriptedSockets([.answer(Self.refusal(0)), .error(ENOBUFS)])
        let report = await KernelRouting(script).change(Self.changes, tolerating: [])
        #expect(report.done == 1)
        #expect(report.failure?.number == ENOBUFS)
        #expect(report.failure?.isUncertain == true)
        #expect(script.sent.count == 2)
    }

    @Test func `a change that was not sent, or was refused, is certain`() async {
        for script in [
            ScriptedSockets([], sendErrors: [ENOMEM]),
            ScriptedSockets([.answer(Self.refusal(ENOMEM))]),
        ] {
            let report = await KernelRouting(script).change(Self.changes, tolerating: [EEXIST])
            #expect(report.done == 0)
            #expect(report.failure?.number == ENOMEM)
            #expect(report.failure?.isUncertain == false)
        }
    }

    @Test func `what is so already stops nothing`() async {
        let script = ScriptedSockets(
            [EEXIST, 0, EEXIST].map { .answer(Self.refusal($0)) })
        #expect(
            await KernelRouting(script).change(Self.changes, tolerating: [EEXIST])
                == .init(done: 3))
    }
}
