import NATDashboard
import NATHost
import NATModel
import NATPlan
import NATScreen
import NATTerminal
import Synchronization

/// The dashboard's loop: waits on the terminal, the timer and the mailbox, runs `update`, draws.
///
/// One thread runs it. Nothing here waits for the box: readers and appliers post what they found.
struct DashboardLoop {
    private let terminal: Terminal
    private let box: LocalBox
    private let mailbox: Mailbox
    private let watcher: BoxWatcher
    private var state: DashboardState
    private var applying: Task<Void, Never>?
    private var isRunning = true
    private var shownTimeOfDay = ""
    /// When the clock on the screen moves where nothing else happens, and when the box is read next.
    private var clockMoves = Clock.wallMilliseconds
    private var reads = Clock.wallMilliseconds
    private let logNews: LogNews
    private var utcOffsetSeconds = 0
    /// How long a change waits for its keep.
    private let keepWithinSeconds: Int
    /// When the pages that ran lately are given back: first when all was read once, even from a slow
    /// cloud.
    private var releasesAtMilliseconds = Clock.monotonicMilliseconds + 2000

    init(
        terminal: Terminal, box: LocalBox, log: CommandLog, readOnlyReason: String?,
        settings: Settings, memory: String?, keepWithinSeconds: Int
    ) {
        self.keepWithinSeconds = keepWithinSeconds
        self.terminal = terminal
        terminal.setMouse(settings.isMouseOn)
        self.box = box
        let mailbox = Mailbox(wake: terminal.wake)
        self.mailbox = mailbox
        let news = LogNews(log: log)
        logNews = news
        let interval = Duration.milliseconds(settings.intervalMilliseconds)
        let deriver = Mutex(Deriver())
        watcher = BoxWatcher(
            box.reader, interval: interval, tell: { mailbox.post(.kernelAnnounced($0)) }
        ) { snapshot, parts in
            let time = Clock.monotonicMilliseconds
            // Here nobody waits for it who draws.
            let derived = deriver.withLock { $0.derive(snapshot, parts) }
            let read = Message.snapshotRead(
                snapshot, parts: parts, atMilliseconds: time, derived: derived)
            mailbox.post(news.messages() + [read])
        }
        state = DashboardState(
            size: terminal.size, readOnlyReason: readOnlyReason, settings: settings,
            memory: memory)
    }

    /// How the operator wants it now.
    var settings: Settings { state.settings }

    private mutating func settle(
        _ body: @escaping @Sendable (Applier) async -> Settlement
    ) {
        let (box, mailbox) = (box, mailbox)
        applying = Task.detached {
            let settlement = await body(box.applier)
            mailbox.post(
                .settled(
                    settlement.outcome, settlement.ending.rawValue,
                    atMilliseconds: Clock.monotonicMilliseconds))
        }
    }

    /// Runs until the operator quits or the terminal goes away.
    ///
    /// - Returns: what is still under way, a change above all: it must end before the process.
    mutating func run() -> Task<Void, Never> {
        feed(tick())
        terminal.draw(state.render())
        let watcher = watcher
        Task.detached { await watcher.start() }
        while isRunning {
            let event = terminal.nextEvent(timeoutMilliseconds: patienceMilliseconds)
            // What is read now comes in a few milliseconds: a drawing before that is saved.
            if readsWhatIsDue(), event == .timedOut { continue }
            take(event)
            takeWhatIsThere()
            feed(tick() + mailbox.drain())
            if isRunning {
                terminal.draw(state.render())
                terminal.setTitle(state.windowTitle)
            }
            releasePages()
        }
        let applying = applying
        return Task.detached {
            await applying?.value
            await watcher.stop()
        }
    }

    /// Gives back the code that ran lately and will not soon again, such as that of a dialog.
    private mutating func releasePages() {
        let now = Clock.monotonicMilliseconds
        guard now >= releasesAtMilliseconds else { return }
        releasesAtMilliseconds = now + 30_000
        StartUpPages.release()
    }

    /// How long to wait for what happens.
    private var patienceMilliseconds: Int {
        let now = Clock.wallMilliseconds
        // A millisecond more, for no more than whole ones are told apart.
        let ahead = [clockMoves - now, reads - now].map { max($0, 0) + 1 }.min() ?? 1
        // Somebody may have set the clock back.
        return Int(min(ahead, 1000))
    }

    /// Has the box read where it is time. Readings fall on the second, where clocks on screens move
    /// too: one drawing shows both.
    ///
    /// The loop wakes about then anyway; a timer elsewhere would wake other threads beside it.
    private mutating func readsWhatIsDue() -> Bool {
        let now = Clock.wallMilliseconds
        let interval = Int64(max(state.settings.intervalMilliseconds, 1))
        guard now >= reads || reads - now > interval else { return false }
        reads = now - now % interval + interval
        let watcher = watcher
        Task.detached { await watcher.tick() }
        return true
    }

    /// What the clocks tell that is not on the screen yet.
    private mutating func tick() -> [Message] {
        let now = Clock.wallMilliseconds
        let offset = Clock.utcOffsetSeconds(at: now)
        let timeOfDay = Moment(milliseconds: now, utcOffsetSeconds: offset).clock
        // Whatever happens moves it; where nothing does, a moment after the second.
        clockMoves = now - now % 1000 + 1100
        guard timeOfDay != shownTimeOfDay else { return [] }
        shownTimeOfDay = timeOfDay
        let tick = Message.tick(
            atMilliseconds: Clock.monotonicMilliseconds, wallClock: timeOfDay)
        guard utcOffsetSeconds != offset else { return [tick] }
        utcOffsetSeconds = offset
        return [.utcOffsetChanged(seconds: utcOffsetSeconds), tick]
    }

    /// Keys that came together are drawn together: nobody sees what is between them. Not without
    /// end, so that a key held down shows what it does.
    private mutating func takeWhatIsThere() {
        for _ in 0..<100 where isRunning {
            let event = terminal.nextEvent(timeoutMilliseconds: 0)
            if event == .timedOut { return }
            take(event)
        }
    }

    private mutating func take(_ event: TerminalEvent) {
        switch event {
        case .key(let key): feed(.key(key, atMilliseconds: Clock.monotonicMilliseconds))
        case .mouse(let event): feed(.mouse(event, atMilliseconds: Clock.monotonicMilliseconds))
        case .paste(let text): feed(.pasted(text))
        case .resized(let size): feed(.resized(size))
        case .woken, .timedOut: return
        case .hangUp, .terminated: isRunning = false
        }
    }

    private mutating func feed(_ message: Message) { feed([message]) }

    private mutating func feed(_ messages: [Message]) {
        guard !messages.isEmpty else { return }
        for effect in state.update(messages) { carryOut(effect) }
    }

    private mutating func carryOut(_ effect: Effect) {
        let (box, mailbox, watcher) = (box, mailbox, watcher)
        let keepWithinSeconds = keepWithinSeconds
        switch effect {
        case .quit: isRunning = false
        case .reread: Task.detached { await watcher.rereadAll(withCloud: true) }
        case .findUndo:
            Task.detached {
                do throws(PlanRefusal) {
                    let (entry, intent) = try box.applier.history.undo()
                    mailbox.post(.undoFound(.success(UndoOffer(intent, undoes: entry.id))))
                } catch {
                    mailbox.post(.undoFound(.failure(error)))
                }
            }
        case .apply(let plan, let undoes):
            applying = Task.detached {
                let outcome = await box.applier.apply(
                    plan, keepWithinSeconds: plan.hasUndo ? keepWithinSeconds : nil,
                    undoing: undoes
                ) { mailbox.post(.stepsTaken($0)) }
                mailbox.post(.applied(outcome, atMilliseconds: Clock.monotonicMilliseconds))
            }
        case .noteUndone(let plan, let undoes):
            Task.detached {
                let outcome = await box.applier.apply(plan, undoing: undoes)
                guard outcome != .done else { return }
                mailbox.post(
                    .settled(
                        outcome, "nothing was left to undo",
                        atMilliseconds: Clock.monotonicMilliseconds))
            }
        case .countConnections(let sources):
            Task.detached {
                let live = await box.liveConnections(of: sources) ?? [:]
                mailbox.post(.connectionsCounted(live, of: sources))
            }
        case .findAddress(let name):
            Task.detached {
                mailbox.post(.addressFound(await box.address(of: name), of: name))
            }
        case .listInstances(let cloud):
            Task.detached { mailbox.post(.instancesListed(await box.instances(cloud))) }
        case .follow(let name):
            Task.detached {
                do throws(PlanRefusal) {
                    mailbox.post(
                        .nameFollowed(name, .success(try await box.hosts(of: name, isKept: true))))
                } catch {
                    mailbox.post(.nameFollowed(name, .failure(error)))
                }
            }
        case .readFlows(let sources):
            Task.detached {
                let sample = await box.conntrack.flows(of: sources)
                mailbox.post(
                    .flowsRead(
                        sample, of: sources, atMilliseconds: Clock.monotonicMilliseconds))
            }
        case .lookUpNames(let addresses):
            Task.detached {
                mailbox.post(.namesFound(await box.names(of: addresses), of: addresses))
            }
        case .keep(let change): settle { await $0.keep(change) }
        case .revert(let change): settle { await $0.revert(change) }
        case .recover(let change, let finishes):
            settle { await $0.recover(change, finishes: finishes) }
        case .copy(let text): terminal.copyToClipboard(text)
        case .setTheme(let name): terminal.setTheme(name)
        case .setMouse(let isOn): terminal.setMouse(isOn)
        case .askKernel(let host, let input):
            let news = logNews
            Task.detached {
                let answer = await box.kernelAnswer(for: host, input: input)
                mailbox.post(news.messages() + [.kernelAnswered(host, answer)])
            }
        case .redraw: terminal.redraw()
        case .suspend: terminal.suspend()
        case .setInterval(let milliseconds):
            Task.detached { await watcher.setInterval(.milliseconds(milliseconds)) }
        }
    }
}
