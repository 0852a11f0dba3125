import NATScreen

extension MouseEvent {
    /// The report `ESC [ < button ; column ; row M`; `nil` for any other sequence, for what is not
    /// acted on, and for a report that is not whole.
    ///
    /// Source: xterm's `ctlseqs`, "SGR (1006)". Places count from 1.
    init?(sgr parameters: [UInt8], final: UInt8) {
        // A small m is the release of a button.
        guard final == UInt8(ascii: "M"), parameters.first == UInt8(ascii: "<") else { return nil }
        let fields = parameters.dropFirst().split(
            separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        let numbers = fields.compactMap { Self.number($0) }
        guard fields.count == 3, numbers.count == 3, numbers[1] > 0, numbers[2] > 0 else {
            return nil
        }
        // The lower bits are the button, 4 to 16 are modifiers, 32 is motion, 64 the wheel.
        let kinds: [Int: Kind] = [0: .press, 64: .wheelUp, 65: .wheelDown]
        guard let kind = kinds[numbers[0]] else { return nil }
        self.init(kind, column: numbers[1] - 1, row: numbers[2] - 1)
    }

    /// Digits alone: `Int` would take a sign.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard (1...5).contains(digits.count),
            digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}
