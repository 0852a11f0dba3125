import Dispatch

#if canImport(Glibc)
    import Glibc
#endif

/// Hands signals on instead of what they would do by themselves, until it is ended.
struct SignalWatch {
    private var watched: [(number: Int32, source: any DispatchSourceSignal)] = []

    /// Returns once each of them is handed on: one that comes before still does what it did.
    ///
    /// Ignoring them meanwhile would lose it. What whoever started the program had it ignore, as
    /// nohup(1) does with SIGHUP, stays ignored.
    init(_ numbers: [Int32], _ handler: @escaping @Sendable () -> Void) async {
        for number in numbers where !Self.isIgnored(number) {
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler(handler: handler)
            await withCheckedContinuation { registered in
                source.setRegistrationHandler { registered.resume() }
                source.activate()
            }
            watched.append((number, source))
        }
    }

    /// From here on they do by themselves what they do in any program.
    func end() {
        for (number, source) in watched {
            source.cancel()
            signal(number, SIG_DFL)
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        guard sigaction(number, nil, &action) == 0 else { return false }
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
            == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
