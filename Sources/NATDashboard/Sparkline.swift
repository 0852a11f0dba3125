/// A row of eighth blocks.
enum Sparkline {
    private static let blocks = Array("▁▂▃▄▅▆▇█")

    /// One block a value, `peak` being a full one; a blank where nothing was measured.
    static func text(_ values: [Double?], peak: Double) -> String {
        String(
            values.map { value in
                guard let value else { return " " }
                guard peak > 0 else { return blocks[0] }
                let step = Int((value / peak * 8).rounded(.up)) - 1
                return blocks[min(max(step, 0), 7)]
            })
    }
}
