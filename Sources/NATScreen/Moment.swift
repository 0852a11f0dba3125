/// A moment as a clock on the wall of the box shows it.
package struct Moment: Hashable, Sendable {
    /// `2026-11-25`.
    package var date: String
    /// `12:03:04`.
    package var clock: String

    /// The moment so many milliseconds after 1970-01-01 UTC, where clocks are so far ahead of UTC.
    package init(milliseconds: Int64, utcOffsetSeconds: Int) {
        let whole = milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
        let seconds = whole + Int64(utcOffsetSeconds)
        let days = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let rest = Int(seconds - days * 86_400)
        clock = [rest / 3600, rest / 60 % 60, rest % 60].map(Self.padded).joined(separator: ":")
        // Source: the algorithm of civil_from_days by Howard Hinnant; years begin in March, so that
        // the leap day comes last.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let year = yearOfEra + era * 400 + (month >= 10 ? 1 : 0)
        let civilMonth = month < 10 ? month + 3 : month - 9
        date = "\(year)-\(Self.padded(Int(civilMonth)))-\(Self.padded(Int(day)))"
    }

    /// Date and time of day.
    package var text: String { "\(date) \(clock)" }

    /// A moment in UTC as RFC 3339 writes it: `2026-11-25T12:03:04.050Z`.
    ///
    /// - Parameter milliseconds: since 1970-01-01 UTC.
    package static func timestamp(_ milliseconds: Int64) -> String {
        let moment = Moment(milliseconds: milliseconds, utcOffsetSeconds: 0)
        // The rest of a negative number is negative too.
        let fraction = "\(1000 + (milliseconds % 1000 + 1000) % 1000)".dropFirst()
        return "\(moment.date)T\(moment.clock).\(fraction)Z"
    }

    /// The time of day, or on another day than `today` month and day.
    package func short(on today: String) -> String {
        date == today ? clock : String(date.suffix(5))
    }

    private static func padded(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
