internal import NATModel
package import NATScreen

/// How the operator wants the dashboard, as it is remembered from one session to the next.
///
/// A frozen screen is not part of it: it would begin with figures nobody has read.
package struct Settings: Hashable, Sendable {
    /// What rows are shown; empty for all.
    package var filter = ""
    /// What hosts are ordered by.
    var sort = HostSort.attention
    /// Whether that order is inverted.
    var isSortInverted = false
    /// Whether traffic is shown in bytes.
    var showsBytes = false
    /// Whether hosts are shown by name too.
    var showsNames = true
    /// How often the box is read, in milliseconds.
    package var intervalMilliseconds = 1000
    /// The look of the screen.
    package var theme = ThemeName.standard
    /// Whether the terminal reports what the mouse does.
    package var isMouseOn = false

    /// As nobody has wanted anything else.
    package init() {}

    /// The intervals that make sense, in milliseconds.
    package static let intervals = 100...60_000

    /// These settings, with what was changed since `start` put over what was `stored`.
    ///
    /// What the command line said was for that session alone, unless a key said otherwise.
    package func changed(since start: Settings, over stored: Settings) -> Settings {
        var result = stored
        func take<Value: Equatable>(_ field: WritableKeyPath<Settings, Value>) {
            if self[keyPath: field] != start[keyPath: field] {
                result[keyPath: field] = self[keyPath: field]
            }
        }
        take(\.filter)
        take(\.sort)
        take(\.isSortInverted)
        take(\.showsBytes)
        take(\.showsNames)
        take(\.intervalMilliseconds)
        take(\.theme)
        take(\.isMouseOn)
        return result
    }
}

// The file: a line for each setting, to be read and changed by people.
extension Settings {
    /// A line that is none of natdeck's.
    package struct NotUnderstood: Error, Hashable, Sendable {
        /// Its number, from 1.
        package var line: Int
    }

    /// The text of the file.
    package var text: String {
        let values = [
            ("filter", filter), ("sort", sort.rawValue),
            ("order", isSortInverted ? "inverted" : "usual"),
            ("units", showsBytes ? "bytes" : "bits"), ("names", showsNames ? "on" : "off"),
            ("interval-milliseconds", "\(intervalMilliseconds)"), ("theme", theme.rawValue),
            ("mouse", isMouseOn ? "on" : "off"),
        ]
        return "# How natdeck's dashboard was left; without this file it forgets.\n"
            + values.map { "\($0) = \($1)\n" }.joined()
    }

    /// What a file says; a setting it does not name is as nobody has wanted it otherwise.
    ///
    /// All or nothing: a file that holds anything else may be somebody's, or a later natdeck's.
    package init(text: String) throws(NotUnderstood) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            if line.isEmpty || line.hasPrefix("#") { continue }
            let parts = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2,
                set(String(parts[0]).strippedOfControls, to: String(parts[1]).strippedOfControls)
            else { throw NotUnderstood(line: index + 1) }
        }
    }

    private mutating func set(_ name: String, to value: String) -> Bool {
        func take<Value>(_ field: WritableKeyPath<Settings, Value>, _ new: Value?) -> Bool {
            if let new { self[keyPath: field] = new }
            return new != nil
        }
        switch name {
        case "filter": return take(\.filter, String(value.prefix(100)))
        case "sort":
            // What an earlier natdeck called it.
            return take(\.sort, HostSort(rawValue: value == "public" ? "seen" : value))
        case "order":
            // What an earlier natdeck called it, though of figures the highest come first by themselves.
            let words = ["usual": false, "inverted": true, "rising": false, "falling": true]
            return take(\.isSortInverted, words[value])
        case "units": return take(\.showsBytes, ["bits": false, "bytes": true][value])
        case "names": return take(\.showsNames, ["off": false, "on": true][value])
        case "interval-milliseconds":
            let number = Int(value).flatMap { Self.intervals.contains($0) ? $0 : nil }
            return take(\.intervalMilliseconds, number)
        case "theme": return take(\.theme, ThemeName(rawValue: value))
        case "mouse": return take(\.isMouseOn, ["off": false, "on": true][value])
        default: return false
        }
    }
}

extension DashboardState {
    /// How the operator wants it now.
    package var settings: Settings {
        var settings = Settings()
        settings.filter = filter
        settings.sort = sort
        settings.isSortInverted = isSortInverted
        settings.showsBytes = showsBytes
        settings.showsNames = showsNames
        settings.intervalMilliseconds = intervalMilliseconds
        settings.theme = theme
        settings.isMouseOn = isMouseOn
        return settings
    }
}
