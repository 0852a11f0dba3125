import NATModel
import NATScreen
import Testing

@testable import NATDashboard

/// What a wide screen tells more, and what a narrow one keeps.
@Suite struct RoomTests {
    private func lines(_ driver: Driver) -> [String] {
        driver.screen.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    private func heading(_ columns: Int) -> String {
        lines(GoldenScreens.played(.overview, Size(columns: columns, rows: 40)))
            .first { $0.contains(" HOST ") } ?? ""
    }

    /// Cells between two headings.
    private func width(_ heading: String, _ from: String, _ to: String) -> Int? {
        let start = heading.firstRange(of: from)?.lowerBound
        let end = heading.firstRange(of: to)?.lowerBound
        guard let start, let end else { return nil }
        return heading.distance(from: start, to: end)
    }

    @Test(arguments: [(200, 30), (120, 30), (110, 15), (100, 10)])
    func `graphs of hosts take the room that is left over`(columns: Int, cells: Int) {
        #expect(width(heading(columns), "LAST 60 s", "WHY") == cells + 2, "\(heading(columns))")
    }

    @Test func `a peak stays where it was, however wide the graph`() {
        var graph = HostGraph()
        for second in 0..<60 {
            graph.add(second == 31 ? 9000 : 10, over: 1000, atMilliseconds: Int64(second) * 1000)
        }
        for width in HostGraph.widths {
            let values = graph.values(width, atMilliseconds: 59_000)
            #expect(values.count == width)
            #expect(values.firstIndex { ($0 ?? 0) > 8000 } == 31 / (60 / width))
            #expect(values.count { ($0 ?? 0) > 8000 } == 1)
            // A moment later nothing but its place has changed.
            let later = graph.values(width, atMilliseconds: 59_000 + 60_000 / Int64(width))
            #expect(later.dropLast() == values.dropFirst())
        }
    }

    @Test(arguments: GoldenScreens.sizes)
    func `which rows are on the screen is told in every view, and no heading goes for it`(
        size: Size
    ) {
        for scene in [GoldenScreens.Scene.crowded, .rules, .routes, .nat, .log, .flows, .doctor] {
            let driver = GoldenScreens.played(scene, size)
            let table = driver.state.shownTable
            let count = table.rows.count
            let screen = lines(driver)
            #expect(screen.contains { $0.contains("of \(count)") }, "\(scene)\n\(driver.screen)")
            let slots = table.slots(in: driver.state.tableWidth - 1)
            let row = screen[driver.state.tableArea.lowerBound]
            for slot in slots
            where !table.scrollsSideways && slot.start + slot.width < driver.state.tableWidth {
                let title = table.columns[slot.index].title
                #expect(title.isEmpty || row.contains(title), "\(scene) \(title)\n\(row)")
            }
        }
    }

    @Test func `the key that mends a host is told where its story leaves no room`() {
        var driver = Driver(80, 24)
        driver.read(GoldenScreens.proving)
        driver.press(.home)
        #expect(driver.screen.contains(" D mends it (plan), Enter opens ─"), "\(driver.screen)")
        driver = Driver(160, 40)
        driver.read(GoldenScreens.proving)
        driver.press(.home)
        #expect(driver.screen.contains(" Enter opens, w proves ─"))
        #expect(lines(driver).contains { $0.hasSuffix("  D mends it (plan)") })
    }

    @Test(arguments: [80, 100, 120, 160])
    func `what flows prove is told whole, however narrow the screen`(columns: Int) {
        var driver = Driver(columns, 24)
        driver.read(GoldenScreens.proving)
        driver.press(.home)
        let line = lines(driver).first { $0.contains("nat row ") } ?? ""
        #expect(line.hasSuffix(" → 203.0.113.178;  6 flows, 5 on 203.0.113.178"), "\(line)")
        #expect(line.contains("MASQUERADE") == (columns > 80))
    }

    @Test func `the worst problem names the host and a key, and no object first`() {
        var driver = Driver(80, 24)
        driver.read(GoldenScreens.proving)
        #expect(
            driver.screen.contains(
                "! 172.31.26.176 leaves by eth0, not eth1: rule 100 (foreign) comes first. D"),
            "\(driver.screen)")
    }

    @Test func `where the names of all views have no room their keys stay`() {
        for columns in [40, 60, 71] {
            let driver = Driver(columns, 24)
            let line = lines(driver).first { $0.contains("[1 Overview]") } ?? ""
            for view in ViewKind.allCases { #expect(line.contains("\(view.number)"), "\(line)") }
            #expect(!line.contains("Rules"))
        }
        #expect(Driver(80, 24).screen.contains("[1 Overview]  2 Rules"))
    }

    @Test func `what is typed is pointed out in the rows while it is typed`() {
        var driver = Driver(120, 40)
        driver.press(.character("/"))
        driver.type("ETH1")
        func accents() -> [String] {
            let frame = driver.state.render()
            return driver.state.tableArea.dropFirst().map { row in
                String(
                    String.UnicodeScalarView(
                        frame[row: row].filter { $0.style == Style(.accent, isBold: true) }
                            .map(\.scalar)))
            }
        }
        #expect(accents().count { $0.hasPrefix("eth1") || $0.hasSuffix("eth1") } >= 1)
        driver.press(.enter)
        #expect(accents().allSatisfy { !$0.contains("eth1") })
    }

    @Test func `columns that belong together go together`() {
        for columns in 40...120 {
            let egress =
                lines(GoldenScreens.played(.overview, Size(columns: columns, rows: 40)))
                .first { $0.hasPrefix(" EGRESS") } ?? ""
            let shares = egress.split(separator: " ").count { $0 == "OF" }
            #expect(shares == 0 || shares == 2, "\(columns): \(egress)")
        }
    }
}
