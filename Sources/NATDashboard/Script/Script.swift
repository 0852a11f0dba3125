package import NATScreen

/// What somebody does at the dashboard, written down: one thing a line, comments after `#`.
///
/// ```
/// snapshot box.jsonl      the box is read: every snapshot in the file, each at its own time
/// key j a Enter Ctrl-L    keys are pressed
/// type 172.31             a key for every character
/// paste TEXT              text is pasted
/// wait 500ms              time goes on
/// resize 80x24            the terminal gets another size
/// dump TITLE              the screen as it is now, with this title or none
/// ```
///
/// What the dashboard asks for and only a box could answer is answered by a line of its own; see
/// ``ScriptAnswer``. Time stands still but for `wait` and `snapshot`, so that every run is alike.
package struct Script: Hashable, Sendable {
    /// The lines that say something.
    package var lines: [Line]

    /// One line.
    package struct Line: Hashable, Sendable {
        /// Its number in the file, from 1.
        package var number: Int
        /// What it says.
        package var instruction: Instruction
    }

    /// What a line says.
    package enum Instruction: Hashable, Sendable {
        /// The box is read, and this file tells what was found.
        case snapshots(file: String)
        /// Keys are pressed, one after the other.
        case keys([Key])
        /// Text is pasted.
        case paste(String)
        /// Time goes on by so many milliseconds.
        case wait(milliseconds: Int64)
        /// The terminal gets this size.
        case resize(Size)
        /// The screen is wanted as it is now, under this title; empty for none.
        case dump(title: String)
        /// The box answers what was asked of it.
        case answer(ScriptAnswer)
    }

    /// Reads a script.
    package init(_ text: String) throws(ScriptError) {
        lines = []
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false)
            .enumerated()
        {
            let line = raw.drop { $0 == " " || $0 == "\t" }
            if line.isEmpty || line.hasPrefix("#") { continue }
            let (word, rest) = line.cut(at: " ")
            let number = index + 1
            do throws(ScriptFault) {
                lines.append(
                    Line(number: number, instruction: try Self.read(word, String(rest))))
            } catch {
                throw ScriptError(line: number, reason: error.reason)
            }
        }
    }

    private static func read(
        _ word: Substring, _ rest: String
    ) throws(ScriptFault) -> Instruction {
        let argument = rest.trimmed
        switch word {
        case "snapshot":
            guard !argument.isEmpty else { throw ScriptFault("snapshot of which file?") }
            return .snapshots(file: argument)
        case "key":
            var keys: [Key] = []
            for name in argument.split(separator: " ") {
                guard let key = Key(scriptName: String(name)) else {
                    throw ScriptFault("\(name) is no key: a character, \(Key.scriptNames)")
                }
                keys.append(key)
            }
            guard !keys.isEmpty else { throw ScriptFault("which key?") }
            return .keys(keys)
        // Here a space at the end is a key too.
        case "type": return .keys(rest.unicodeScalars.map(Key.character))
        case "paste": return .paste(rest)
        case "wait":
            guard let time = milliseconds(argument) else {
                throw ScriptFault("wait how long? such as 1s or 400ms")
            }
            return .wait(milliseconds: time)
        case "resize":
            guard let size = Size(argument) else {
                throw ScriptFault("resize to what? such as 80x24")
            }
            return .resize(size)
        case "dump": return .dump(title: argument)
        default:
            guard let answer = try ScriptAnswer(String(word), argument) else {
                throw ScriptFault(
                    "\(word) is not known: snapshot, key, type, paste, wait, resize, dump, "
                        + ScriptAnswer.words.joined(separator: ", "))
            }
            return .answer(answer)
        }
    }

    private static func milliseconds(_ text: String) -> Int64? {
        let isMilliseconds = text.hasSuffix("ms")
        guard isMilliseconds || text.hasSuffix("s"),
            let count = Int64(text.dropLast(isMilliseconds ? 2 : 1)), (0...86_400_000) ~= count
        else { return nil }
        return isMilliseconds ? count : count * 1000
    }
}

/// What is wrong with a line of a script.
package struct ScriptError: Error, Hashable, Sendable {
    /// The line's number, from 1.
    package var line: Int
    /// What is wrong, in one sentence without a full stop.
    package var reason: String
}

/// The same before it is known which line it is.
struct ScriptFault: Error {
    var reason: String

    init(_ reason: String) { self.reason = reason }
}

extension Size {
    /// Reads `80x24`.
    package init?(_ text: String) {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false)
        guard parts.count == 2, let columns = Int(parts[0]), let rows = Int(parts[1]),
            (1...1000).contains(columns), (1...1000).contains(rows)
        else { return nil }
        self.init(columns: columns, rows: rows)
    }
}

extension Key {
    private static let named: [String: Key] = {
        let keys: [Key] = [
            .pageUp, .pageDown, .home, .end, .enter, .escape, .tab, .backTab, .backspace, .delete,
            .character(" "), .shiftUp, .shiftDown,
        ]
        var named = Dictionary(keys.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        // What people have on their keyboards, but not in their names.
        named.merge(["Up": .up, "Down": .down, "Left": .left, "Right": .right]) { $1 }
        return named
    }()

    /// The names of keys that are no characters.
    static var scriptNames: String {
        named.keys.sorted().joined(separator: ", ") + ", F1 to F12, Ctrl-A to Ctrl-Z"
    }

    /// The key of that name, as the screen has it; `nil` where there is none.
    init?(scriptName name: String) {
        let scalars = name.unicodeScalars
        if let key = Self.named[name] {
            self = key
        } else if scalars.count == 1, let scalar = scalars.first {
            self = .character(scalar)
        } else if name.hasPrefix("F"), let number = Int(name.dropFirst()), 1...12 ~= number {
            self = .function(number)
        } else if name.hasPrefix("Ctrl-"), scalars.count == 6,
            let letter = name.lowercased().unicodeScalars.last, "a"..."z" ~= letter
        {
            self = .control(letter)
        } else {
            return nil
        }
    }
}

extension StringProtocol {
    /// The text without spaces at its ends.
    var trimmed: String {
        let start = drop { $0 == " " || $0 == "\t" || $0 == "\r" }
        let end = start.lastIndex { $0 != " " && $0 != "\t" && $0 != "\r" }
        return end.map { String(start[...$0]) } ?? ""
    }

    /// What is before the first occurrence of a character, and what is after it.
    func cut(at character: Character) -> (SubSequence, SubSequence) {
        guard let place = firstIndex(of: character) else { return (self[...], self[endIndex...]) }
        return (self[..<place], self[index(after: place)...])
    }
}
