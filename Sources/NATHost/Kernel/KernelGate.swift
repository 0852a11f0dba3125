public import NATModel
import NATParse
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The table of the gate in the kernel of a network namespace, by netlink: nft(8) need not be there.
public final class KernelGate: GateTable {
    let sockets: any NetlinkOpener
    private let memory = Mutex(Memory())
    static let thread = WorkingThread("gate")

    private struct Memory {
        /// What the kernel held in a state of nf_tables, no table where that is `nil`. As long as
        /// the state is the same, nobody has changed anything.
        var seen: (generation: UInt32, table: GateState?)? {
            didSet { begin = seen?.generation }
        }
        /// The first state after which nobody else has changed anything up to that one.
        private(set) var begin: UInt32?
        /// What the kernel said when it knew no way to make the table.
        var lack: KernelError?

        /// Remembers what the kernel holds in the state that changes of this table alone have led to.
        mutating func follow(_ generation: UInt32, _ table: GateState) {
            let first = begin
            seen = (generation, table)
            begin = first
        }
    }

    /// What the failures are about, by the command that asks the same by hand.
    private static let object = "nft list table ip \(Gate.table)"

    /// The gate of the kernel that these sockets speak with.
    public init(_ sockets: any NetlinkOpener = KernelSockets()) { self.sockets = sockets }

    /// Sends what differs from what is known to be there, or all of it, in one batch.
    public func set(
        _ gate: Gate?, over present: Gate?
    ) async throws(RoutingChangeReport.Failure) -> GateState? {
        let made = await Self.thread.run {
            [self] _ -> Result<GateState?, RoutingChangeReport.Failure> in
            do throws(NetlinkConversation.Failure) {
                var conversation = try NetlinkConversation(.netfilter, sockets)
                var state = try change(gate, over: present, &conversation)
                if state == nil { state = try make(gate, &conversation) }
                memory.withLock { $0.lack = nil }
                return .success(state)
            } catch {
                if case .refused(let refusal) = error, Self.isLack(refusal) {
                    memory.withLock { $0.lack = refusal }
                }
                return .failure(RoutingChangeReport.Failure(error))
            }
        }
        return try made.get()
    }

    /// Sends what differs, for the state of nf_tables that was seen last. Between its transactions
    /// the table does what it did, or what it is to do.
    ///
    /// - Returns: what the table is then; `nil` where the kernel did not take it, as it does where
    ///   anybody has changed anything since.
    private func change(
        _ gate: Gate?, over present: Gate?, _ conversation: inout NetlinkConversation
    ) throws(NetlinkConversation.Failure) -> GateState? {
        guard let gate, let present, let seen = memory.withLock(\.seen), seen.table != nil,
            let request = GateRequest(gate, since: present, generation: seen.generation)
        else { return nil }
        do throws(NetlinkConversation.Failure) {
            for batch in request.batches { try conversation.order(batch) }
        } catch {
            // Whatever stands against it, the whole table says what is wanted.
            if case .refused = error { return nil }
            throw error
        }
        // What it holds by now follows, unless somebody else has changed something since.
        // A batch that changes nothing is no state further, and somebody else may have come between.
        let generation = seen.generation &+ UInt32(request.batches.count)
        guard let change = request.fingerprintChange,
            try Self.generation(&conversation) == generation
        else {
            let state = try told(&conversation)
            return state?.generation == generation ? state : nil
        }
        let state = GateState(
            fingerprint: (seen.table?.fingerprint ?? 0) &+ change,
            generation: generation)
        memory.withLock { $0.follow(generation, state) }
        return state
    }

    /// Asks the kernel.
    public func generation() async -> UInt32? {
        await Self.thread.run { [sockets] _ in Self.generation(sockets) }
    }

    /// Compares the states that the changes of this process have led to. The kernel refuses them where
    /// anybody came between.
    public func isAlone(since generation: UInt32) async -> Bool {
        await Self.thread.run { [self] _ in
            let (first, last) = memory.withLock { ($0.begin, $0.seen?.generation) }
            guard let first, let last, let now = Self.generation(sockets), now == last else {
                return false
            }
            // The number begins anew after its last one.
            return generation &- first <= last &- first
        }
    }

    private static func generation(_ sockets: any NetlinkOpener) -> UInt32? {
        do throws(NetlinkConversation.Failure) {
            var conversation = try NetlinkConversation(.netfilter, sockets)
            return try generation(&conversation)
        } catch {
            // Whoever asks takes what is not known for changed.
            return nil
        }
    }

    /// Sends all of it and asks what that is, once more where anybody has changed anything in
    /// between: that would be taken for natdeck's own.
    private func make(
        _ gate: Gate?, _ conversation: inout NetlinkConversation
    ) throws(NetlinkConversation.Failure) -> GateState? {
        guard let gate, !gate.isEmpty else {
            for batch in GateRequest(gate).batches { try conversation.order(batch) }
            return nil
        }
        var made: GateState?
        for _ in 0..<Self.mostTries {
            let before = try Self.generation(&conversation)
            for batch in GateRequest(gate).batches { try conversation.order(batch) }
            made = try told(&conversation)
            // One batch is one state further.
            if let before, made?.generation == before &+ 1 { break }
        }
        return made
    }

    /// Where others never rest, what is there at last is taken.
    private static let mostTries = 5

    /// Asks for everything in the table, unless nothing in nf_tables has changed since the last time.
    public func state(noted: GateState?) async -> Reading<GateState?> {
        await Self.thread.run { [self] _ in
            if let lack = memory.withLock(\.lack) {
                return .failed(
                    ReadFailure(Self.object, "the kernel cannot hold it: \(lack.reason)"))
            }
            do throws(NetlinkConversation.Failure) {
                return .value(try ask(noted))
            } catch {
                return .failed(Self.failure(error))
            }
        }
    }

    private func ask(_ noted: GateState?) throws(NetlinkConversation.Failure) -> GateState? {
        var conversation = try NetlinkConversation(.netfilter, sockets)
        let before = try Self.generation(&conversation)
        if let seen = memory.withLock(\.seen), seen.generation == before { return seen.table }
        if let noted, let before, noted.generation == before,
            try Self.hasTable(&conversation)
        {
            memory.withLock { $0.seen = (before, noted) }
            return noted
        }
        return try told(&conversation)
    }

    /// Asks for everything in the table, and remembers it.
    private func told(
        _ conversation: inout NetlinkConversation
    ) throws(NetlinkConversation.Failure) -> GateState? {
        let before = try Self.generation(&conversation)
        let fingerprint = try Self.fingerprint(&conversation)
        // What changed while it was told is asked for again the next time.
        let after = try Self.generation(&conversation)
        let state = fingerprint.map {
            GateState(fingerprint: $0, generation: before == after ? after : nil)
        }
        memory.withLock { $0.seen = before == after ? after.map { ($0, state) } : nil }
        return state
    }

    /// Whether the table is there at all: numbers of states are small, and those of another
    /// namespace may be the same.
    private static func hasTable(
        _ conversation: inout NetlinkConversation
    ) throws(NetlinkConversation.Failure) -> Bool {
        let reply = NFTFingerprintReply(table: Gate.table)
        guard let request = reply.requests.first else { return false }
        do throws(NetlinkConversation.Failure) {
            _ = try conversation.ask(request, reply)
            return true
        } catch {
            guard case .refused(let refusal) = error, refusal.number == ENOENT else { throw error }
            return false
        }
    }

    private static func generation(
        _ conversation: inout NetlinkConversation
    ) throws(NetlinkConversation.Failure) -> UInt32? {
        try conversation.ask(NFTGenerationReply.request, NFTGenerationReply()).generation
    }

    private static func fingerprint(
        _ conversation: inout NetlinkConversation
    ) throws(NetlinkConversation.Failure) -> UInt64? {
        var reply = NFTFingerprintReply(table: Gate.table)
        do throws(NetlinkConversation.Failure) {
            for request in reply.requests { reply = try conversation.ask(request, reply) }
            for set in reply.sets {
                reply = try conversation.ask(reply.request(elementsOf: set), reply)
            }
        } catch {
            // Of a table that is not there, or goes while it is told of.
            guard case .refused(let refusal) = error, refusal.number == ENOENT else { throw error }
            return nil
        }
        return reply.fingerprint
    }

    private static func failure(_ failure: NetlinkConversation.Failure) -> ReadFailure {
        guard case .refused(let refusal) = failure else {
            return ReadFailure(object, failure.reason)
        }
        if isLack(refusal) {
            return ReadFailure(object, "the kernel has no nf_tables", fix: "modprobe nf_tables")
        }
        return ReadFailure(
            object, refusal.reason, fix: refusal.number == EPERM ? "run it as root" : nil)
    }

    /// Whether the kernel does not know what it is asked for, and will not know it the next time.
    private static func isLack(_ error: KernelError) -> Bool {
        [EINVAL, ENOENT, EOPNOTSUPP, EPROTONOSUPPORT, EAFNOSUPPORT].contains(error.number)
    }
}
