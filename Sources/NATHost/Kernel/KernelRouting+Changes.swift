public import NATModel
import NATParse

#if canImport(Glibc)
    import Glibc
#endif

extension KernelRouting: RoutingChanger {
    /// Makes the changes over one socket, each acknowledged by the kernel before the next one is
    /// sent: a message sent along with one that is refused would be carried out all the same.
    ///
    /// A task that is cancelled stops between two changes.
    public func change(
        _ changes: [RoutingChange], tolerating: Set<Int32>
    ) async -> RoutingChangeReport {
        await Self.thread.run { cancellation in
            let socket: any NetlinkSocket
            do throws(KernelError) {
                socket = try sockets.open(.route)
            } catch {
                return RoutingChangeReport(done: 0, failure: .init(error))
            }
            var writer = RoutingWriter(over: socket)
            for (done, change) in changes.enumerated() {
                if cancellation.isCancelled {
                    return RoutingChangeReport(done: done, failure: .init(KernelError(ECANCELED)))
                }
                if let failure = writer.failure(of: change, tolerating: tolerating) {
                    return RoutingChangeReport(done: done, failure: failure)
                }
            }
            return RoutingChangeReport(done: changes.count)
        }
    }
}

/// Makes one change after the other over a socket.
private struct RoutingWriter: ~Copyable {
    private var conversation: NetlinkConversation
    /// The interfaces whose index was asked for; `nil` for a name that there is none of.
    private var indexes: [String: UInt32?] = [:]

    init(over socket: any NetlinkSocket) {
        conversation = NetlinkConversation(over: socket)
    }

    /// Why a change was not made; `nil` where it was, or was so already.
    mutating func failure(
        of change: RoutingChange, tolerating: Set<Int32>
    ) -> RoutingChangeReport.Failure? {
        do throws(NetlinkConversation.Failure) {
            try make(change)
            return nil
        } catch {
            switch error {
            case .refused(let error) where tolerating.contains(error.number): return nil
            case .refused(let error): return .init(error)
            case .lost(let error): return .init(error, isUncertain: true)
            }
        }
    }

    private mutating func make(_ change: RoutingChange) throws(NetlinkConversation.Failure) {
        for name in change.interfaces { try learn(name) }
        let message: [UInt8]
        do throws(RoutingRequest.Refusal) {
            message = try RoutingRequest.message(change) { indexes[$0] ?? nil }
        } catch {
            switch error {
            case .noInterface(let name):
                throw .refused(KernelError(ENODEV, sentence: "Cannot find device \"\(name)\""))
            case .notWritable(let words):
                throw .refused(KernelError(EOPNOTSUPP, sentence: "cannot write «\(words)»"))
            }
        }
        _ = try conversation.ask(message)
    }

    private mutating func learn(_ name: String) throws(NetlinkConversation.Failure) {
        guard indexes[name] == nil else { return }
        do throws(NetlinkConversation.Failure) {
            let answer = try conversation.ask(InterfaceQuestion.message(name: name))
            if case .interface(let index) = answer { indexes[name] = index }
        } catch {
            guard case .refused(let refusal) = error, refusal.number == ENODEV else { throw error }
            indexes[name] = .some(nil)
        }
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
    fileprivate init(_ error: KernelError, isUncertain: Bool = false) {
        self.init(number: error.number, reason: error.reason, isUncertain: isUncertain)
    }
}
