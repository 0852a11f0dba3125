import NATModel

/// How far the change in the journal has come: one line of a fixed size, which is written in place.
///
/// The journal holds the plan, which may be long, and is written once. This is written before each
/// row of steps, so it must cost next to nothing.
struct Progress: Hashable, Sendable {
    /// The file, beside the journal.
    static let path = Journal.folder + "/progress"

    /// The change it is of, by name.
    var id: String
    /// How far that change is.
    var phase: ChangeRecord.Phase
    /// Whether the history has been told that not all of it could be taken back.
    var isToldOfLeftovers: Bool

    /// The size of the file in bytes, whatever it says.
    static let size = 256

    private static let mark = "natdeck-progress 1"

    init(of record: ChangeRecord) {
        id = record.id
        phase = record.phase
        isToldOfLeftovers = record.isToldOfLeftovers == true
    }

    /// Reads the file; `nil` where it is torn, or was written by another version.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.size else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count > 5, words[0...1].joined(separator: " ") == Self.mark,
            let phase = Self.phase(words[4..<words.count - 1])
        else { return nil }
        id = words[2]
        isToldOfLeftovers = words[3] == "told"
        self.phase = phase
        // The sum stands at the end: whatever was cut or mixed does not give the same line.
        guard Array(line.utf8) == bytes else { return nil }
    }

    /// The file as text.
    var line: String {
        var text = "\(Self.mark) \(id) \(isToldOfLeftovers ? "told" : "untold") \(words)"
        text += " \(Self.sum(text))"
        let room = Self.size - 1 - text.utf8.count
        return text + String(repeating: " ", count: max(room, 0)) + "\n"
    }

    private var words: String {
        switch phase {
        case .applying(let steps): "applying \(steps.lowerBound) \(steps.upperBound)"
        case .awaitingKeep(let deadline): "awaiting \(deadline)"
        case .keeping(let cause): "keeping \(cause)"
        case .takingBack(let step): "taking-back \(step)"
        }
    }

    private static func phase(_ words: ArraySlice<String>) -> ChangeRecord.Phase? {
        let words = Array(words)
        switch (words.first, words.count) {
        case ("applying", 3):
            guard let first = Int(words[1]), let end = Int(words[2]), 0 <= first, first <= end
            else { return nil }
            return .applying(steps: first..<end)
        case ("awaiting", 2): return Int64(words[1]).map(ChangeRecord.Phase.awaitingKeep)
        case ("keeping", 2): return .keeping(by: words[1])
        case ("taking-back", 2):
            return Int(words[1]).flatMap { $0 >= 0 ? .takingBack(step: $0) : nil }
        default: return nil
        }
    }

    /// FNV-1a, 64 bits: against what is torn, and not against what is forged.
    private static func sum(_ text: String) -> String {
        let sum = text.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
            ($0 ^ UInt64($1)) &* 0x100_0000_01b3
        }
        return String(sum, radix: 16)
    }
}
