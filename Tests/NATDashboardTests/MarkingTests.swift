import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct MarkingTests {
    @Test func `several hosts move in one plan`() {
        var driver = Driver(120, 60)
        driver.press(.character(" "), .character(" "), .character("a"))
        #expect(driver.screen.contains("Assign 2 sources: which egress?"))
        #expect(driver.screen.contains("172.31.26.175, 172.31.26.176"))
        driver.press(.character("2"))
        let sources = ["172.31.26.175", "172.31.26.176"].map(SampleBox.prefix)
        #expect(driver.effects == [.countConnections(sources)])
        driver.press(.end, .character("y"))
        #expect(driver.plansApplied == 1)
    }

    @Test func `how many are marked is told, also beside a filter, and how many it hides`() {
        var driver = Driver(120, 40)
        driver.press(.character(" "), .character(" "))
        #expect(driver.screen.contains("2 marked  (Esc clears)"))
        driver.press(.character("/"))
        driver.type("main")
        driver.press(.enter)
        #expect(driver.screen.contains("Filter: main  (Esc clears); 2 marked, 1 of them not shown"))
    }

    @Test func `all that a filter shows are marked at once`() {
        var driver = Driver(120, 40)
        driver.press(.character("/"))
        driver.type("!main")
        driver.press(.enter, .character(":"))
        driver.type("mark all")
        driver.press(.enter)
        #expect(
            driver.state.marked == Set(["172.31.26.176", "172.31.26.180"].map(SampleBox.prefix)))
    }

    @Test func `however many are marked, none is dropped or made up by a key in the source field`()
    {
        var driver = Driver(120, 40)
        driver.read(SampleBox.crowded(300, seconds: 63))
        driver.press(.character(":"))
        driver.type("mark all")
        driver.press(.enter)
        let marked = driver.state.marked.sorted()
        #expect(marked.count > 300)
        driver.press(.character("a"))
        #expect(driver.screen.contains("Assign \(marked.count) sources"))
        for keys in [[Key.tab], [.character(" ")], [.character(","), .tab]] {
            for key in keys { driver.press(key) }
            #expect(driver.screen.contains("Assign \(marked.count) sources"), "after \(keys)")
        }
        driver.press(.character("2"))
        #expect(driver.reviewedSources == marked)
    }

    @Test func `what is too long is not added at all, for half an address is another host`() throws
    {
        var dialog = AssignDialog(
            sources: .chosen([SampleBox.prefix("10.0.0.1")]), choice: nil, focus: .source)
        let long = String(repeating: ", 10.0.0.2", count: 26_213)
        dialog.type(long)
        #expect(
            try dialog.parsed(naming: { _ in nil })
                == ["10.0.0.1", "10.0.0.2"].map(SampleBox.prefix))
        let before = dialog.sources
        dialog.type(", 172.31.101.119")
        #expect(dialog.sources == before)
        #expect(dialog.complaint == "that is too long: nothing was added")
    }

    @Test func `counts of a plan that was closed say nothing of the next one`() {
        var driver = Driver(120, 40)
        let first = SampleBox.prefix("172.31.26.175")
        driver.press(.character("a"), .character("2"), .escape, .down, .character("a"))
        driver.press(.character("1"))
        #expect(!driver.reviewedSources.contains(first) && !driver.reviewedSources.isEmpty)
        driver.send(.connectionsCounted([first: LiveConnections(count: 7)], of: [first]))
        #expect(driver.screen.contains("counting live connections…"))
    }

    @Test func `of several hosts it is told how many connections stay, or may end`() throws {
        let sources = ["172.31.26.175", "172.31.26.176"].map(SampleBox.prefix)
        let marks = try #require(
            FlowMarks("0xff000000/1:172.31.8.207:eth0 172.31.26.175,172.31.26.176"))
        let plan = Plan(
            intent: .assign(sources, egress: "eth1", options: AssignOptions()), title: "they leave",
            steps: [Step("let connections stay", .markConnections(marks), inverse: nil)])
        var dialog = ConfirmDialog(
            plan: plan, undoes: nil, ways: [:], reason: nil,
            guardTime: GuardTime(openedAtMilliseconds: 0), openedInRow: nil)
        let other = SampleBox.prefix("198.51.100.1").network
        var live = LiveConnections()
        func tells(_ words: String, seenAs address: String) {
            live.add(
                ConntrackFlow(
                    original: .init(source: sources[0].network, destination: other, transport: 6),
                    reply: .init(
                        source: other, destination: SampleBox.prefix(address).network,
                        transport: 6)))
            dialog.connections = [sources[0]: live, sources[1]: LiveConnections()]
            let lines: [String] = dialog.lines.map { $0.text }
            #expect(lines.contains { $0.contains(words) }, "\(words): \(lines)")
        }
        tells("1 live connection stays on eth0 until it ends", seenAs: "172.31.8.207")
        tells("2 live connections, 1 of them may end", seenAs: "203.0.113.67")
    }
}
