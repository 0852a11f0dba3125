public import NATModel

/// What the file of assignments says otherwise from now on, where nothing else has to change.
public struct KeptChange: Hashable, Sendable {
    /// The lines that change.
    public var lines: [Line]

    /// One source in the file.
    public struct Line: Hashable, Sendable {
        /// The source, by its name or its address.
        public var source: SourceName
        /// Where it was kept to leave; `nil` where it was not kept.
        public var before: Egress?
        /// Where it is kept to leave; `nil` where it is kept no more.
        public var after: Egress?

        /// A source that is kept so from now on.
        public init(_ source: SourceName, from before: Egress?, to after: Egress?) {
            self.source = source
            self.before = before
            self.after = after
        }
    }

    /// These lines change.
    public init(_ lines: [Line]) { self.lines = lines }

    /// What brings back what the file said.
    var inverse: KeptChange {
        KeptChange(lines.map { Line($0.source, from: $0.after, to: $0.before) })
    }

    /// Each line as it goes and as it comes, such as `- 172.31.26.176 eth1, + ec2:tag:Name=batch eth1`.
    var words: String {
        lines.map { line in
            [("-", line.before), ("+", line.after)].compactMap { sign, egress in
                egress.map { "\(sign) \(line.source) \($0)" }
            }.joined(separator: ", ")
        }.joined(separator: ", ").strippedOfControls
    }
}

extension KeptChange: TextCodable {
    /// A line for each: before, after and the source with blanks between, the name last, which may hold
    /// some itself.
    public var description: String {
        lines.map { line in
            "\(line.before?.description ?? "") \(line.after?.description ?? "") \(line.source)"
        }.joined(separator: "\n")
    }

    /// Reads such lines; `nil` where they are none, or change nothing.
    public init?(_ text: String) {
        var lines: [Line] = []
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let words = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            guard words.count == 3, let source = SourceName(String(words[2])) else { return nil }
            let egresses = words.prefix(2).map { $0.isEmpty ? nil : Egress(String($0)) }
            guard egresses.count == 2,
                zip(words, egresses).allSatisfy({ $0.isEmpty == ($1 == nil) })
            else { return nil }
            lines.append(Line(source, from: egresses[0], to: egresses[1]))
        }
        self.init(lines)
        if lines.isEmpty || description != text { return nil }
    }
}
