/// How often it is asked what names stand for, and why so often.
///
/// A call of `aws` takes half a second of a processor. Whoever does not say how often is asked pays no
/// more for it than a small share of one core.
public struct FollowingPace: Hashable, Codable, Sendable {
    /// The time from one question to the next, in seconds.
    public var seconds: Int
    /// What the last question took of a processor, in milliseconds, with the programs it started.
    public var costMilliseconds: Int
    /// Whether an operator has said how often; what it costs does not count then.
    public var isTold: Bool

    /// How often it is asked where that costs next to nothing.
    public static let usualSeconds = 30
    /// What is asked more seldom than this follows nothing any more.
    public static let longestSeconds = 600
    /// Of one core, in thousandths: what following may take.
    static let shareInThousandths = 4

    /// The pace after a question that took so much.
    ///
    /// - Parameter told: the seconds that an operator has said; `nil` where nobody has.
    public init(costMilliseconds: Int, told: Int? = nil) {
        self.costMilliseconds = costMilliseconds
        isTold = told != nil
        let affordable =
            (costMilliseconds + Self.shareInThousandths - 1) / Self.shareInThousandths
        seconds = told ?? min(max(affordable, Self.usualSeconds), Self.longestSeconds)
    }

    /// How often and why, such as `every 130 s: a question takes 0.52 s of a processor, and 0.4 % of
    /// a core is what following may take`.
    public var words: String {
        let often = "every \(seconds) s"
        if isTold { return "\(often), as --refresh says" }
        guard seconds > Self.usualSeconds else { return often }
        let hundredths = (costMilliseconds + 5) / 10
        let cost = "\(hundredths / 100).\(hundredths / 10 % 10)\(hundredths % 10)"
        let reason = "\(often): a question takes \(cost) s of a processor"
        return seconds < Self.longestSeconds
            ? "\(reason), and 0.4 % of a core is what following may take"
            : "\(reason), and more seldom would follow nothing"
    }
}
