import NATHost
import NATModel
import NATParse
import NATTesting
import Testing

/// Queues and shapers as the kernel tells them, beside what `tc` was told to make.
@Suite(.enabled(if: TestNamespace.complaint == nil, "needs root"))
struct QueueReplyTests {
    private static func queue(_ commands: String...) async throws -> InterfaceQueue? {
        let namespace = try TestNamespace()
        try await namespace.ip("link add nd0 type veth peer name nd1")
        try await namespace.ip("link set nd0 up")
        for command in commands {
            let printed = try await namespace.run(
                ["tc"] + command.split(separator: " ").map(String.init))
            #expect(printed == "")
        }
        let routing = KernelRouting(namespace)
        let index = await routing.interfaces().value?.first { $0.name == "nd0" }?.index
        let queues = try #require(await routing.queues().value)
        return queues[try #require(index)]
    }

    @Test func `tbf holds the interface to its rate`() async throws {
        let queue = try await Self.queue(
            "qdisc add dev nd0 root tbf rate 100mbit burst 32kbit latency 400ms")
        #expect(queue?.kind == "tbf")
        #expect(queue?.rateBitsPerSecond == 100_000_000)
        #expect(queue?.droppedPackets == 0)
        #expect(queue?.waitingBytes == 0)
    }

    @Test func `a rate of more than 32 bits is read`() async throws {
        let queue = try await Self.queue(
            "qdisc add dev nd0 root tbf rate 40gbit burst 100mb latency 400ms")
        #expect(queue?.rateBitsPerSecond == 40_000_000_000)
    }

    @Test func `htb holds the interface to the ceiling of its only class`() async throws {
        let one = try await Self.queue(
            "qdisc add dev nd0 root handle 1: htb",
            "class add dev nd0 parent 1: classid 1:1 htb rate 10mbit ceil 20mbit",
            "class add dev nd0 parent 1:1 classid 1:2 htb rate 1mbit ceil 5mbit")
        #expect(one?.kind == "htb")
        #expect(one?.rateBitsPerSecond == 20_000_000)
        let two = try await Self.queue(
            "qdisc add dev nd0 root handle 1: htb",
            "class add dev nd0 parent 1: classid 1:1 htb rate 10mbit",
            "class add dev nd0 parent 1: classid 1:2 htb rate 1mbit")
        #expect(two != nil)
        #expect(two?.rateBitsPerSecond == nil)
    }

    @Test func `a queue that does not shape has no rate`() async throws {
        let queue = try await Self.queue("qdisc add dev nd0 root pfifo limit 10")
        #expect(queue?.kind == "pfifo")
        #expect(queue?.rateBitsPerSecond == nil)
        #expect(queue?.droppedPackets == 0)
    }
}

@Suite struct ConntrackStatTests {
    /// `cat /proc/net/stat/nf_conntrack` of Linux 6.18, cut to two processors.
    private static let file = """
        entries  clashres found new invalid ignore delete chainlength insert insert_failed drop \
        early_drop icmp_error  expect_new expect_create expect_delete search_restart
        00000e10  00000000 00000000 00000000 0000001a 00000000 00000000 00000002 00000000 0000000a \
        00000002 00000001 00000000  00000000 00000000 00000000 00000000
        00000e10  00000000 00000000 00000000 00000003 00000000 00000000 00000002 00000000 00000010 \
        00000000 00000000 00000000  00000000 00000000 00000000 00000000

        """

    @Test func `what processors lost is added up, and the numbers are hexadecimal`() throws {
        let lost = try ConntrackStatFile.parse(Array(Self.file.utf8))
        #expect(lost == ConntrackCounters.Lost(insertFailed: 26, drop: 2, earlyDrop: 1))
    }

    @Test func `a file of other columns is no zero`() {
        #expect(throws: ParseError.self) {
            try ConntrackStatFile.parse(Array("entries found\n00000001 00000002\n".utf8))
        }
        #expect(throws: ParseError.self) {
            try ConntrackStatFile.parse(Array("insert_failed drop early_drop\n1 x 2\n".utf8))
        }
    }
}
