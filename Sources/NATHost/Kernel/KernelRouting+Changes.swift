public import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

extension KernelRouting: RoutingChanger {
    /// Readings do not wait for a long change.
    private static let changes = WorkingThread("changes")

    /// Makes the changes over one socket, each acknowledged by the kernel before the next one is
    /// sent: a message sent along with one that is refused would be carried out all the same.
    ///
    /// A task that is cancelled stops between two changes.
    public func change(
        _ changes: [RoutingChange], tolerating: Set<Int32>
    ) async -> RoutingChangeReport {
        await Self.changes.run { cancellation in
            var done = 0
            do throws(NetlinkConversation.Failure) {
                var writer = RoutingWriter(try NetlinkConversation(.route, sockets))
                try writer.prepare(for: changes)
                for change in changes {
                    if cancellation.isCancelled { throw .refused(KernelError(ECANCELED)) }
                    try writer.make(change, tolerating: tolerating)
                    done += 1
                }
                return RoutingChangeReport(done: done)
            } catch {
                return RoutingChangeReport(done: done, failure: .init(error))
            }
        }
    }
}

/// Makes one change after the other over a socket.
private struct RoutingWriter: ~Copyable {
    private var conversation: NetlinkConversation
    private var names = LinkNames()
    /// The rules that are there, where so many are added that they were asked for.
    private var present: Set<RoutingPolicyRule>?

    /// From so many rules on.
    private static let many = 64

    init(_ conversation: consuming NetlinkConversation) { self.conversation = conversation }

    /// Asks once for the rules that are there where many are added: for each one that must not be
    /// there twice the kernel would go through all of them.
    mutating func prepare(for changes: [RoutingChange]) throws(NetlinkConversation.Failure) {
        let count = changes.count { if case .addRule = $0 { true } else { false } }
        guard count >= Self.many else { return }
        present = Set(try conversation.gather(RuleReply()).rules)
    }

    /// Whether a rule is known not to be there.
    private mutating func isNew(
        _ change: RoutingChange
    ) throws(NetlinkConversation.Failure) -> Bool {
        guard present != nil else { return false }
        switch change {
        case .addRule(let rule):
            guard present?.insert(rule).inserted == true else {
                throw .refused(KernelError(EEXIST))
            }
            return true
        // Of two that are the same one stays: the kernel is asked again.
        case .deleteRule: present = nil
        case .addRoute, .deleteRoute: break
        }
        return false
    }

    /// Makes a change, or finds that it is so already.
    mutating func make(
        _ change: RoutingChange, tolerating: Set<Int32>
    ) throws(NetlinkConversation.Failure) {
        do throws(NetlinkConversation.Failure) {
            try make(change)
        } catch {
            guard case .refused(let refusal) = error, tolerating.contains(refusal.number) else {
                throw error
            }
        }
    }

    private mutating func make(_ change: RoutingChange) throws(NetlinkConversation.Failure) {
        var indexes: [String: UInt32] = [:]
        for name in change.interfaces {
            let index = try names.index(of: name, &conversation)
            indexes[name] = index.map { UInt32(truncatingIfNeeded: $0) }
        }
        let isNew = try isNew(change)
        let message: [UInt8]
        do throws(RoutingRequest.Refusal) {
            message = try RoutingRequest.message(change, isNew: isNew) { indexes[$0] }
        } catch {
            switch error {
            case .noInterface(let name):
                throw .refused(KernelError(ENODEV, sentence: "Cannot find device \"\(name)\""))
            case .notWritable(let words):
                throw .refused(KernelError(EOPNOTSUPP, sentence: "cannot write «\(words)»"))
            }
        }
        try conversation.order(message)
    }
}

extension RoutingChange {
    /// The interfaces it names.
    fileprivate var interfaces: [String] {
        switch self {
        case .addRule, .deleteRule: []
        case .addRoute(let route, _), .deleteRoute(let route, _):
            (route.interface.map { [$0] } ?? []) + route.hops.map(\.interface)
        }
    }
}

extension RoutingChangeReport.Failure {
    init(_ failure: NetlinkConversation.Failure) {
        switch failure {
        case .refused(let error): self.init(number: error.number, reason: error.reason)
        case .lost(let error):
            self.init(number: error.number, reason: error.reason, isUncertain: true)
        case .unread, .changing:
            self.init(number: EBADMSG, reason: failure.reason, isUncertain: true)
        }
    }
}
