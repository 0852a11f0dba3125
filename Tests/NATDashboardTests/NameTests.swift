import NATModel
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct NameTests {
    private static func asked(_ effects: [Effect]) -> [[String]] {
        effects.compactMap { effect in
            if case .lookUpNames(let addresses) = effect {
                addresses.map(\.description)
            } else {
                nil
            }
        }
    }

    @Test func `nothing is looked up while names are off`() {
        var driver = Driver()
        driver.press(.tab, .backTab, .down, .enter, .escape)
        driver.read(SampleBox.crowded(60, seconds: 3))
        #expect(Self.asked(driver.effects) == [])
        driver.press(.character("N"), .character("N"))
        driver.answerNames([:])
        driver.effects = []
        driver.read(SampleBox.crowded(90, seconds: 4))
        #expect(Self.asked(driver.effects) == [])
    }

    @Test func `a name stands beside its address, and one that cannot be found as missing`() {
        var driver = Driver()
        driver.press(.character("N"))
        #expect(
            Self.asked(driver.effects) == [["172.31.26.175", "172.31.26.176", "172.31.26.180"]])
        driver.answerNames(["172.31.26.176": "ec2-b"])
        let rows = driver.state.shownTable.rows.map { $0.cells[1].text }
        #expect(rows == ["–", "ec2-b", "–"])
        // Nobody is asked twice, neither for what was found nor for what was not.
        driver.effects = []
        driver.read(SampleBox.snapshot(seconds: 3))
        driver.press(.character("N"), .character("N"))
        #expect(Self.asked(driver.effects) == [])
        driver.press(.control("r"))
        #expect(Self.asked(driver.effects).count == 1)
    }

    @Test func `no more than a few are asked for at once, those on the screen first`() {
        var driver = Driver(80, 24)
        driver.read(SampleBox.crowded(300, seconds: 2))
        driver.press(.end, .character("N"))
        let last = driver.state.shownTable.rows.suffix(driver.state.visibleRows)
            .compactMap { $0.id.host?.description }
        var all: [String] = []
        for round in 0..<100 {
            guard let asked = Self.asked(driver.effects).last else { break }
            #expect(asked.count <= HostNames.mostAtOnce)
            if round == 0 { #expect(Set(asked).isSubset(of: last)) }
            all += asked
            // While it is awaited, nothing more is asked for, whatever happens.
            driver.effects = []
            driver.read(SampleBox.crowded(300, seconds: 3))
            #expect(Self.asked(driver.effects) == [])
            driver.effects = [.lookUpNames(asked.map(SampleBox.address))]
            driver.answerNames([:])
            driver.effects.removeFirst()
        }
        // Those that nobody sees are asked for once a filter may name them.
        #expect(Set(all) == Set(last))
        driver.effects = []
        driver.press(.character("/"))
        driver.type("ec2")
        #expect(Self.asked(driver.effects).first.map { Set($0).isDisjoint(with: last) } == true)
    }

    @Test func `a name is stripped of what a terminal would act on`() {
        var driver = Driver()
        driver.press(.character("N"))
        driver.answerNames([
            "172.31.26.175": "\u{1b}[31mec2\u{202e}-a\r\n", "172.31.26.176": "\u{7}",
        ])
        let rows = driver.state.shownTable.rows.map { $0.cells[1].text }
        #expect(rows == ["[31mec2-a", "–", "–"])
    }

    @Test func `the address stays where there is no room for the name`() {
        var driver = Driver(40, 10)
        driver.press(.character("N"))
        driver.answerNames(["172.31.26.175": "ec2-a"])
        #expect(driver.screen.contains("▸172.31.26.175 "))
        #expect(!driver.screen.contains("ec2-a"))
        #expect(driver.screen.contains(" 172.31.26.176 "))
        #expect(driver.state.chosenSources == [SampleBox.prefix("172.31.26.175")])
        driver.press(.enter)
        #expect(driver.screen.contains("172.31.26.175"))
    }

    @Test func `hosts are found by name, and their interface lists them by name`() {
        var driver = Driver(120, 40)
        driver.press(.character("N"))
        driver.answerNames(["172.31.26.176": "ec2-b"])
        driver.press(.backTab, .down, .enter)
        #expect(driver.screen.contains("HOSTS 2    172.31.26.176 ec2-b"))
        driver.press(.escape, .tab, .character("1"), .character("/"))
        driver.type("ec2")
        #expect(
            driver.state.shownTable.rows.map(\.id) == [.host(SampleBox.prefix("172.31.26.176"))])
    }
}
