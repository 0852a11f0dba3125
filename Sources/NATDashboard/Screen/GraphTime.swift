/// How the time of a graph is cut into cells.
struct GraphTime: Hashable, Sendable {
    /// How many cells.
    var cells: Int
    /// Seconds a cell stands for.
    var secondsPerCell: Int

    /// The time all of them stand for.
    var seconds: Int { cells * secondsPerCell }

    /// The longest graph of the last minute that has room; two minutes where there is plenty, and
    /// `nil` where there is hardly any.
    static func minute(in room: Int) -> GraphTime? {
        let times = [(12, 5), (15, 4), (20, 3), (30, 2), (40, 3), (60, 2)]
        return times.last { $0.0 <= room }.map { GraphTime(cells: $0.0, secondsPerCell: $0.1) }
    }

    /// The longest graph of the last five minutes that has room.
    static func fiveMinutes(in room: Int) -> GraphTime {
        let paces = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 25, 30]
        let pace = paces.first { 300 / $0 <= room } ?? 30
        return GraphTime(cells: 300 / pace, secondsPerCell: pace)
    }

    /// The highest figure in each cell, oldest first; `nil` where nothing was measured. A peak is
    /// what fills a link, and an average hides it.
    ///
    /// Cells begin at fixed moments and not so long before now: what has happened moves to the left
    /// and never changes its shape.
    func peaks(
        _ history: [Traffic.Point], _ direction: Traffic.Direction, until now: Int64
    ) -> [Double?] {
        let width = Int64(secondsPerCell) * 1000
        let start = ((now + width - 1) / width - Int64(cells)) * width
        var peaks = [Double?](repeating: nil, count: cells)
        for point in history.reversed() {
            if point.atMilliseconds <= start { break }
            // A figure holds for all the time it was measured over.
            var from = max(point.atMilliseconds - Int64(point.spanMilliseconds), start)
            while from < point.atMilliseconds {
                let cell = Int((from - start) / width)
                guard cell < cells else { break }
                peaks[cell] = max(peaks[cell] ?? 0, point[direction])
                from = min(start + Int64(cell + 1) * width, point.atMilliseconds)
            }
        }
        return peaks
    }
}
