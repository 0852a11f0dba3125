import Glibc
import NATHost
import NATModel
import Synchronization

extension FakeHost: ConntrackSource {
    private static let object = "conntrack -L"

    package func total<Total: Sendable>(
        _ empty: Total, from source: IPv4Address?,
        _ add: @escaping @Sendable (inout Total, ConntrackFlow) -> Void
    ) async -> Reading<Total> {
        let box = self.box
        if source == nil { state.withLock { $0.looksAtFlows += 1 } }
        if box.unreadable.contains(Self.object) {
            return .failed(ReadFailure(Self.object, "the kernel has no connection tracking"))
        }
        var total = empty
        for own in box.flows.sorted() where source.map({ $0 == own.network }) ?? true {
            add(&total, FakeBox.flow(of: own))
        }
        return .value(total)
    }

    package func end(
        from source: IPv4Address?, _ isChosen: @escaping @Sendable (ConntrackFlow) -> Bool
    ) async -> Reading<Int> {
        state.withLock { state in
            let chosen = state.box.flows.filter { isChosen(FakeBox.flow(of: $0)) }
            guard !state.box.unreadable.contains(Self.object) else {
                return .failed(ReadFailure(Self.object, "the kernel has no connection tracking"))
            }
            let fault = state.beginChange("conntrack -D of \(chosen.count) flows")
            if fault == .refused { return .failed(ReadFailure("conntrack -D", "told to fail")) }
            if fault != .hungBefore { state.box.flows.subtract(chosen) }
            return fault == nil
                ? .value(chosen.count)
                : .failed(ReadFailure("conntrack -D", String(cString: strerror(ETIMEDOUT))))
        }
    }

    package func mark(
        of host: IPv4Address?, _ choose: @escaping @Sendable (ConntrackFlow) -> PacketMark?
    ) async -> Reading<Int> {
        state.withLock { state in
            let chosen = state.box.flows.filter { choose(FakeBox.flow(of: $0)) != nil }
            let fault = state.beginChange("conntrack -U of \(chosen.count) flows")
            if fault == .refused { return .failed(ReadFailure("conntrack -U", "told to fail")) }
            return fault == nil
                ? .value(chosen.count)
                : .failed(ReadFailure("conntrack -U", String(cString: strerror(ETIMEDOUT))))
        }
    }
}

extension FakeBox {
    /// The translated connection of a source.
    static func flow(of source: IPv4Prefix) -> ConntrackFlow {
        let outside = IPv4Address(rawValue: 0xc633_640a)
        return ConntrackFlow(
            original: .init(
                source: source.network, destination: outside, transport: 6, sourcePort: 40000,
                destinationPort: 80),
            reply: .init(
                source: outside, destination: IPv4Address(rawValue: 0xac1f_08cf), transport: 6,
                sourcePort: 80, destinationPort: 40000),
            status: ConntrackFlow.status(hasReplied: true, isSourceTranslated: true),
            timeoutSeconds: 431_999, tcpState: .established)
    }
}
