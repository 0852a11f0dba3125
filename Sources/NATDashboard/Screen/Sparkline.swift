/// Graphs of eighth blocks.
enum Sparkline {
    private static let blocks: [Unicode.Scalar] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// One block a value, `peak` being a full one; a blank where nothing was measured.
    static func text(_ values: [Double?], peak: Double) -> String {
        rows(values, peak: peak, height: 1)[0]
    }

    /// A graph of so many rows, the top one first, `peak` reaching its upper edge.
    static func rows(_ values: [Double?], peak: Double, height: Int) -> [String] {
        let height = max(height, 1)
        let steps = values.map { value -> Int? in
            guard let value else { return nil }
            guard peak > 0, value.isFinite else { return 1 }
            let step = Int((min(value / peak, 1) * Double(height * 8)).rounded(.up))
            // What was measured leaves a trace, be it zero.
            return min(max(step, 1), height * 8)
        }
        return (0..<height).reversed().map { row in
            var text = String.UnicodeScalarView()
            for step in steps {
                let rest = (step ?? 0) - row * 8
                text.append(rest <= 0 ? " " : blocks[min(rest, 8) - 1])
            }
            return String(text)
        }
    }
}
