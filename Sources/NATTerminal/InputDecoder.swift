import NATScreen

/// Turns the bytes a terminal sends into keys and pastes.
///
/// A byte-wise state machine, so that it does not matter where a read cuts a sequence. What it
/// does not know it swallows whole: no part of a sequence ever becomes a character.
///
/// Source: ECMA-48 for the shape of sequences, `console_codes(4)` and xterm's `ctlseqs` for keys.
package struct InputDecoder: Sendable {
    /// What the bytes meant.
    package enum Input: Hashable, Sendable {
        /// A key.
        case key(Key)
        /// A click or a turn of the wheel.
        case mouse(MouseEvent)
        /// A bracketed paste, cleaned.
        case paste(String)
    }

    /// Where in a sequence the last byte left off.
    private enum State: Hashable {
        /// Between keys.
        case ground
        /// After this many escapes.
        case escapes(Int)
        /// After `ESC [`; the bytes are kept in `sequence`.
        case control
        /// After `ESC [ [`, with which the Linux console begins F1…F5.
        case linuxFunction
        /// After `ESC O`.
        case singleShift
        /// In a sequence that lasts until ST: OSC, DCS and their like.
        case string(afterEscape: Bool)
        /// In a mouse report of the oldest kind, with this many bytes to come.
        case mouse(Int)
        /// In a character of several bytes.
        case character
        /// Between the brackets of a paste.
        case paste
    }

    /// Longest sequence that is waited for, in bytes; the replies of terminals are shorter.
    private static let sequenceLimit = 256

    private let isUTF8: Bool
    private var state = State.ground
    /// Whether the sequence was begun by Alt, and so is to be swallowed.
    private var hasAlt = false
    private var sequence: [UInt8] = []
    private var paste = PasteBuffer()
    private var inputs: [Input] = []
    private var nextInput = 0

    /// A decoder for a terminal that sends UTF-8, or else ASCII.
    package init(isUTF8: Bool) { self.isUTF8 = isUTF8 }

    /// How long to wait for the next byte before ``expire()``, in milliseconds; `nil` between keys.
    package var patienceMilliseconds: Int? {
        switch state {
        case .ground: nil
        // Shorter than anyone notices, longer than a terminal pauses within a sequence.
        case .escapes: 25
        case .paste: 2000
        default: 100
        }
    }

    /// Whether a paste has begun and not ended.
    package var isPasting: Bool { state == .paste }

    /// Takes the next key or paste out.
    package mutating func next() -> Input? {
        guard nextInput < inputs.count else { return nil }
        defer {
            nextInput += 1
            if nextInput == inputs.count {
                inputs.removeAll(keepingCapacity: true)
                nextInput = 0
            }
        }
        return inputs[nextInput]
    }

    /// Takes what the terminal sent.
    package mutating func feed(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { feed(byte) }
    }

    /// Ends what was begun when nothing followed in time.
    package mutating func expire() {
        switch state {
        case .escapes(let count): for _ in 0..<count { emit(.escape) }
        case .paste: endPaste()
        default: break
        }
        reset()
    }

    private mutating func feed(_ byte: UInt8) {
        switch state {
        case .ground: begin(byte)
        case .escapes(let count): afterEscapes(count, byte)
        case .control: inControl(byte)
        case .linuxFunction:
            let number = Int(byte) - Int(UInt8(ascii: "A")) + 1
            finish(with: (1...5).contains(number) ? .function(number) : nil)
        case .singleShift: inSingleShift(byte)
        case .string(let afterEscape): inString(byte, afterEscape: afterEscape)
        case .mouse(let remaining):
            if remaining > 1 { state = .mouse(remaining - 1) } else { reset() }
        case .character: inCharacter(byte)
        case .paste: if paste.append(byte) { endPaste() }
        }
    }

    private mutating func begin(_ byte: UInt8) {
        switch byte {
        case 0x1b: state = .escapes(1)
        case 0x20..<0x7f: emit(.character(Unicode.Scalar(byte)))
        case 0x80...:
            guard isUTF8, (0xc2...0xf4).contains(byte) else { return }
            sequence = [byte]
            state = .character
        default: if let key = Key(controlByte: byte) { emit(key) }
        }
    }

    private mutating func afterEscapes(_ count: Int, _ byte: UInt8) {
        if byte == 0x1b {
            // A held Escape key must not pile up.
            if count > 1 { emit(.escape) }
            state = .escapes(2)
            return
        }
        // rxvt and PuTTY send Alt with an arrow as two escapes.
        hasAlt = count > 1
        switch byte {
        case UInt8(ascii: "["): state = .control
        case UInt8(ascii: "O"): state = .singleShift
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"),
            UInt8(ascii: "_"):
            state = .string(afterEscape: false)
        case 0x20..<0x7f: reset()
        case 0x80...:
            reset()
            hasAlt = true
            begin(byte)
            if state != .character { hasAlt = false }
        default:
            // Ctrl-C answers whatever came before it; the rest with Alt means nothing.
            reset()
            if byte == 0x03 { begin(byte) }
        }
    }

    private mutating func inControl(_ byte: UInt8) {
        switch byte {
        case 0x20...0x3f where sequence.count < Self.sequenceLimit: sequence.append(byte)
        case UInt8(ascii: "[") where sequence.isEmpty: state = .linuxFunction
        case UInt8(ascii: "M") where sequence.isEmpty: state = .mouse(3)
        case 0x40...0x7e:
            if byte == UInt8(ascii: "~"), sequence == Array("200".utf8) {
                reset()
                paste = PasteBuffer()
                state = .paste
            } else if let event = MouseEvent(sgr: sequence, final: byte) {
                // With Alt it is another click than the plain one.
                if !hasAlt { inputs.append(.mouse(event)) }
                reset()
            } else {
                finish(with: Key(controlSequence: sequence, final: byte))
            }
        default: interrupt(byte)
        }
    }

    private mutating func inSingleShift(_ byte: UInt8) {
        switch byte {
        // Some terminals put modifiers here: ESC O 5 A.
        case 0x30...0x3b where sequence.count < Self.sequenceLimit: sequence.append(byte)
        case 0x40...0x7e: finish(with: Key(singleShift: byte))
        default: interrupt(byte)
        }
    }

    private mutating func inString(_ byte: UInt8, afterEscape: Bool) {
        sequence.append(byte)
        switch byte {
        case 0x1b: state = .string(afterEscape: true)
        case 0x07, 0x18, 0x1a: reset()
        case 0x03: interrupt(byte)
        case UInt8(ascii: "\\") where afterEscape: reset()
        case _ where sequence.count >= Self.sequenceLimit: reset()
        default: state = .string(afterEscape: false)
        }
    }

    private mutating func inCharacter(_ byte: UInt8) {
        guard (0x80...0xbf).contains(byte) else { return interrupt(byte) }
        sequence.append(byte)
        let length = sequence[0] >= 0xf0 ? 4 : sequence[0] >= 0xe0 ? 3 : 2
        guard sequence.count == length else { return }
        let scalar = String(validating: sequence, as: UTF8.self)?.unicodeScalars.first
        finish(with: scalar.flatMap { $0.value < 0xa0 ? nil : .character($0) })
    }

    /// A byte that cannot belong to the sequence ends it and counts for itself.
    private mutating func interrupt(_ byte: UInt8) {
        reset()
        begin(byte)
    }

    private mutating func finish(with key: Key?) {
        if let key, !hasAlt { emit(key) }
        reset()
    }

    private mutating func endPaste() {
        let text = paste.text
        if !text.isEmpty { inputs.append(.paste(text)) }
        paste = PasteBuffer()
        reset()
    }

    private mutating func emit(_ key: Key) { inputs.append(.key(key)) }

    private mutating func reset() {
        state = .ground
        hasAlt = false
        sequence.removeAll(keepingCapacity: true)
    }
}
