import NATScreen

/// The sequences terminals send for their keys.
///
/// Source: the terminfo entries of xterm, screen, tmux, linux, rxvt, PuTTY, st, vt220 and vt100.
extension Key {
    /// The key behind a control character, 0…31 or 127; `nil` for those no key is named after.
    init?(controlByte byte: UInt8) {
        switch byte {
        case 0x08, 0x7f: self = .backspace
        case 0x09: self = .tab
        case 0x0a, 0x0d: self = .enter
        case 0x01...0x1a: self = .control(Unicode.Scalar(byte + 0x60))
        default: return nil
        }
    }

    /// The key behind `ESC [ parameters final`; `nil` for one that is not known.
    init?(controlSequence parameters: [UInt8], final: UInt8) {
        let fields = parameters.split(
            separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        let numbers = fields.map { Int(String(decoding: $0, as: UTF8.self)) }
        let isModified = fields.count > 1 && numbers[1] != 1
        guard parameters.allSatisfy({ $0 < 0x3c }), fields.count <= 2 else { return nil }
        if final == UInt8(ascii: "~") {
            guard let number = numbers.first ?? nil else { return nil }
            self.init(vtNumber: number, isModified: isModified)
            return
        }
        switch final {
        case UInt8(ascii: "Z"): self = .backTab
        // With one parameter these may be replies, such as the cursor's place.
        case UInt8(ascii: "P")...UInt8(ascii: "S"):
            guard parameters.isEmpty else { return nil }
            self = .function(Int(final) - Int(UInt8(ascii: "P")) + 1)
        // xterm tells Shift by the parameter 2, rxvt by a small letter.
        case UInt8(ascii: "A") where fields.count > 1 && numbers[1] == 2, UInt8(ascii: "a"):
            self = .shiftUp
        case UInt8(ascii: "B") where fields.count > 1 && numbers[1] == 2, UInt8(ascii: "b"):
            self = .shiftDown
        default: self.init(cursorFinal: final)
        }
    }

    /// The key behind `ESC O final`, keypad in application mode included.
    init?(singleShift final: UInt8) {
        switch final {
        case UInt8(ascii: "P")...UInt8(ascii: "S"):
            self = .function(Int(final) - Int(UInt8(ascii: "P")) + 1)
        case UInt8(ascii: "M"): self = .enter
        case UInt8(ascii: "I"): self = .tab
        // The keypad's characters are the ASCII ones moved by 64: j is *, p is 0.
        case UInt8(ascii: "j")...UInt8(ascii: "y"), UInt8(ascii: "X"):
            self = .character(Unicode.Scalar(final - 0x40))
        default: self.init(cursorFinal: final)
        }
    }

    private init?(cursorFinal final: UInt8) {
        switch final {
        // Lower case is rxvt with Ctrl.
        case UInt8(ascii: "A"), UInt8(ascii: "a"): self = .up
        case UInt8(ascii: "B"), UInt8(ascii: "b"): self = .down
        case UInt8(ascii: "C"), UInt8(ascii: "c"): self = .right
        case UInt8(ascii: "D"), UInt8(ascii: "d"): self = .left
        case UInt8(ascii: "H"): self = .home
        case UInt8(ascii: "F"): self = .end
        default: return nil
        }
    }

    /// The key with a number of the VT220, `ESC [ number ~`.
    private init?(vtNumber number: Int, isModified: Bool) {
        switch number {
        case 1, 7: self = .home
        case 4, 8: self = .end
        case 5: self = .pageUp
        case 6: self = .pageDown
        // A modified F-key or Delete is another key than the plain one.
        case _ where isModified: return nil
        case 3: self = .delete
        case 11...15: self = .function(number - 10)
        case 17...21: self = .function(number - 11)
        case 23, 24: self = .function(number - 12)
        default: return nil
        }
    }
}
