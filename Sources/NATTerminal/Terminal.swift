import CTerminal
import Glibc
import NATScreen

/// The terminal: draws frames, reads keys, and is given back as it was.
///
/// One thread owns it; others only ``WakePipe/wake()`` it. While it is open, what is written to
/// stderr is kept, and shown once the terminal is given back.
package final class Terminal {
    /// Width and height, in cells, as of the last ``TerminalEvent/resized(_:)``.
    package var size: Size { painter.size }
    /// Whether the locale's characters are UTF-8; otherwise only ASCII is sent.
    package let isUTF8: Bool
    /// Wakes ``nextEvent(timeoutMilliseconds:)`` from any thread.
    package let wake: WakePipe

    private var painter: Painter
    private var output: TerminalOutput
    private var input: TerminalInput
    /// The newest frame that the terminal was too slow for.
    private var delayed: Frame?
    private var isOpen = true
    private var isMouseOn = false
    /// What the window was called last; empty where it never was.
    private var title = ""

    /// Opens the terminal at stdin and stdout and switches to its alternate screen.
    ///
    /// - Parameters:
    ///   - color: when to use colour.
    ///   - ascii: sends ASCII even where the locale is UTF-8.
    ///   - theme: the look of each role.
    ///   - lastWords: what is said when a crash ends the process.
    package static func open(
        color: ColorMode, ascii: Bool, theme: ThemeName = .standard, lastWords: LastWords
    ) throws(TerminalError) -> Terminal {
        if isatty(STDIN_FILENO) == 0 { throw .notATerminal("stdin") }
        if isatty(STDOUT_FILENO) == 0 { throw .notATerminal("stdout") }
        if nd_keeper_signal_descriptor() >= 0 { throw .alreadyOpen }
        nd_keeper_set_last_words(lastWords.program, lastWords.advice)
        return try Terminal(color: color, ascii: ascii, theme: .named(theme))
    }

    private init(color: ColorMode, ascii: Bool, theme: Theme) throws(TerminalError) {
        isUTF8 = nd_locale_is_utf8()
        output = TerminalOutput(descriptor: nd_tty_reopen(STDOUT_FILENO))
        input = TerminalInput(descriptor: nd_tty_reopen(STDIN_FILENO), isUTF8: isUTF8)
        guard let wake = WakePipe(), output.descriptor >= 0, input.descriptor >= 0 else {
            throw .system(EMFILE)
        }
        self.wake = wake
        // Before ncurses begins: where it finds SIGTSTP unhandled, it ignores that signal for as long
        // as it draws, and one that comes then is lost.
        let refusal = nd_keeper_open(input.descriptor, output.descriptor)
        guard refusal == 0 else { throw .system(refusal) }
        let term = getenv("TERM").map { String(cString: $0) } ?? ""
        // Types that terminfo does not know are mostly newer than it, and much like xterm.
        do {
            painter = try Painter(
                terms: [term, "xterm-256color", "xterm", "vt100", "ansi"].filter { !$0.isEmpty },
                size: Self.measure(output.descriptor) ?? Size(columns: 80, rows: 24),
                wantsColor: color.wantsColor(
                    noColor: getenv("NO_COLOR").map { String(cString: $0) }),
                theme: theme, isASCII: ascii || !isUTF8)
        } catch {
            nd_keeper_close()
            throw error
        }
        let farewell = Self.bytes(nd_screen_farewell)
        nd_keeper_set_farewell(farewell, farewell.count)
        if !enter() {
            nd_keeper_close()
            throw .system(EIO)
        }
    }

    deinit { close() }

    /// Bytes sent to the terminal so far.
    package var bytesWritten: Int { output.bytesWritten }

    /// Shows a frame. Nothing is sent when it is already shown.
    ///
    /// Never blocks: on a terminal that does not keep up only the newest frame is drawn, when it
    /// reads on.
    package func draw(_ frame: Frame) {
        guard isOpen else { return }
        output.write()
        if output.isBehind {
            delayed = frame
            return
        }
        delayed = nil
        output.send(painter.render(frame))
    }

    /// Sends the whole screen anew: what other programs wrote over it is gone.
    package func redraw() {
        guard isOpen else { return }
        output.send(painter.repaint())
    }

    /// Shows all that is drawn from now on in this theme.
    package func setTheme(_ theme: ThemeName) {
        painter.setTheme(.named(theme))
    }

    /// Has the terminal report clicks and the wheel, or no longer.
    package func setMouse(_ isOn: Bool) {
        guard isOn != isMouseOn else { return }
        isMouseOn = isOn
        send(Self.bytes { nd_screen_mouse_bytes(isOn, $0, $1) })
    }

    /// Calls the terminal's window so, where it has one; its own title comes back in the end.
    ///
    /// Source: xterm's `ctlseqs`, OSC 2.
    package func setTitle(_ new: String) {
        // On a terminal that does not keep up it waits for the next time.
        guard isOpen, new != title, !output.isBehind, nd_screen_has_title() else { return }
        title = new
        var shown = String.UnicodeScalarView()
        for scalar in new.unicodeScalars where !scalar.properties.generalCategory.isControl {
            shown.append(painter.isASCII ? scalar.asciiFallback : scalar)
        }
        send("\u{1b}]2;\(String(shown))\u{7}".utf8)
    }

    /// Waits for what happens next.
    ///
    /// - Parameter timeoutMilliseconds: how long to wait; `nil` waits without end.
    package func nextEvent(timeoutMilliseconds: Int?) -> TerminalEvent {
        let deadline = timeoutMilliseconds.map { Self.now() + max($0, 0) }
        while true {
            guard isOpen else { return .hangUp }
            if let event = takeSignal() { return event }
            if let event = input.next() { return event }
            if input.isGone || output.isGone { return .hangUp }
            if let size = Self.measure(output.descriptor), size != painter.size {
                painter.resize(to: size)
                delayed = nil
                return .resized(size)
            }
            let now = Self.now()
            let limits = [deadline, input.deadline].compactMap { $0 }.map { max($0 - now, 0) }
            let isWoken = wait(milliseconds: limits.min().map { min($0, Int(Int32.max)) })
            if isWoken { return .woken }
            // Input first: what arrived in time counts as in time.
            if let deadline, Self.now() >= deadline, !input.hasNext { return .timedOut }
        }
    }

    /// Stops the process as Ctrl-Z does in a shell; returns, repainted, when it is continued.
    package func suspend() {
        guard isOpen else { return }
        leave()
        nd_keeper_stop()
        _ = enter()
    }

    /// Gives the terminal back as it was.
    package func close() {
        guard isOpen else { return }
        isOpen = false
        // The rest of a paste must not become commands of the shell.
        if input.isPasting { nd_tty_discard_input(input.descriptor) }
        leave()
        nd_keeper_close()
    }

    /// Sends bytes that are none of ncurses' business, after what it rendered.
    func send(_ bytes: some Collection<UInt8>) {
        guard isOpen else { return }
        output.send(bytes)
    }

    private func enter() -> Bool {
        guard nd_keeper_enter() == 0 else { return false }
        let bytes = painter.takeBytes()
        output.send(bytes)
        output.send(Self.bytes { nd_screen_mode_bytes(true, $0, $1) })
        if isMouseOn { output.send(Self.bytes { nd_screen_mouse_bytes(true, $0, $1) }) }
        output.send(painter.repaint())
        // It was put back by whoever had the terminal meanwhile.
        title = ""
        return true
    }

    private func leave() {
        output.finish(withinMilliseconds: 300)
        output.send(Self.bytes { nd_screen_mode_bytes(false, $0, $1) })
        output.send(painter.leave())
        output.finish(withinMilliseconds: 300)
        _ = nd_keeper_leave()
    }

    /// Waits on terminal, signals and wake pipe; answers whether the pipe was used.
    private func wait(milliseconds: Int?) -> Bool {
        var polled = [
            pollfd(fd: input.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: nd_keeper_signal_descriptor(), events: Int16(POLLIN), revents: 0),
            pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(
                fd: output.isBehind ? output.descriptor : -1, events: Int16(POLLOUT), revents: 0),
        ]
        let count = poll(&polled, nfds_t(polled.count), milliseconds.map(Int32.init) ?? -1)
        if count < 0 { return false }
        if polled[0].revents != 0 {
            input.read(now: Self.now())
        } else {
            // Only now: what arrived while this process had to wait is in time.
            input.expire(now: Self.now())
        }
        if polled[3].revents != 0 {
            output.write()
            if !output.isBehind, let frame = delayed { draw(frame) }
        }
        // Keys come first; the pipe keeps until they are read.
        guard polled[2].revents != 0, !input.hasNext else { return false }
        wake.drain()
        return true
    }

    /// Does what a signal asks for, or answers it as an event.
    private func takeSignal() -> TerminalEvent? {
        var signals = Int(nd_keeper_take_signals())
        if signals & ND_SIGNAL_STOP != 0 {
            signals &= ~ND_SIGNAL_CONTINUE
            suspend()
        }
        if signals & ND_SIGNAL_CONTINUE != 0 {
            // Stopped from outside: the shell has taken the terminal's modes meanwhile.
            _ = painter.leave()
            _ = enter()
        }
        if signals & ND_SIGNAL_TERMINATE != 0 { return .terminated(signal: SIGTERM) }
        if signals & ND_SIGNAL_INTERRUPT != 0 { return .terminated(signal: SIGINT) }
        if signals & ND_SIGNAL_HANGUP != 0 { return .terminated(signal: SIGHUP) }
        return nil
    }

    private static func measure(_ descriptor: Int32) -> Size? {
        var rows: Int32 = 0
        var columns: Int32 = 0
        guard nd_tty_size(descriptor, &rows, &columns) else { return nil }
        return Size(columns: Int(columns), rows: Int(rows))
    }

    private static func bytes(
        _ fill: (UnsafeMutablePointer<UInt8>?, Int) -> Int
    ) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 512) { buffer, count in
            count = fill(buffer.baseAddress, buffer.count)
        }
    }

    /// A clock for deadlines, in milliseconds.
    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec * 1000 + time.tv_nsec / 1_000_000
    }
}

extension Unicode.GeneralCategory {
    /// Whether a terminal may act on such a character in place of showing it.
    fileprivate var isControl: Bool { self == .control || self == .format }
}
