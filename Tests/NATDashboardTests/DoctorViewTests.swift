import NATDoctor
import NATModel
import NATPlan
import NATScreen
import Testing

@testable import NATDashboard

@Suite struct DoctorViewTests {
    /// The doctor's view of a box that sends redirects, with that check selected.
    private func opened(_ columns: Int = 120, _ rows: Int = 40, readOnly: String? = nil) -> Driver {
        var driver = Driver(columns, rows, readOnlyReason: readOnly)
        var snapshot = SampleBox.snapshot(seconds: 2)
        snapshot.sysctls = snapshot.sysctls.map {
            $0.merging(["net.ipv4.conf.all.send_redirects": 1]) { $1 }
        }
        driver.read(snapshot)
        driver.press(.character("!"))
        while driver.state.selectedCheck?.id != "send-redirects-on" { driver.press(.down) }
        return driver
    }

    private func isConfirming(_ driver: Driver) -> Bool {
        if case .confirming = driver.state.mode { true } else { false }
    }

    @Test func `! and 6 open it`() {
        #expect(opened().state.view == .doctor)
        var driver = Driver()
        driver.press(.character("6"))
        #expect(driver.state.view == .doctor)
    }

    @Test func `a fault that can be mended opens its plan, under the same guards`() {
        var driver = opened()
        driver.press(.enter)
        #expect(isConfirming(driver))
        #expect(driver.screen.contains("net.ipv4.conf.all.send_redirects is 1"))
        driver.press(.enter)
        #expect(driver.plansApplied == 0)
        driver.press(.enter, .character("y"))
        #expect(driver.plansApplied == 1)
    }

    @Test func `what natdeck cannot mend is told in full`() {
        var driver = opened()
        while driver.state.selectedCheck?.id != "platform-table" { driver.press(.down) }
        while driver.state.selectedCheck?.id != "ip-forward-off" { driver.press(.down) }
        driver.press(.enter)
        #expect(driver.state.mode == .reading(TextPanel(kind: .details)))
        #expect(driver.screen.contains("without it the box drops every packet"))
        driver.press(.escape, .character(":"))
        driver.type("mend check")
        driver.press(.enter)
        #expect(driver.screen.contains("nothing to mend"))
        #expect(driver.plansApplied == 0)
    }

    @Test func `read-only shows what is wrong and mends nothing`() {
        var driver = opened(readOnly: "--readonly")
        driver.press(.enter)
        #expect(driver.state.mode == .reading(TextPanel(kind: .details)))
        driver.press(.escape, .character(":"))
        driver.type("mend check")
        driver.press(.enter)
        #expect(!isConfirming(driver))
        #expect(driver.screen.contains("read-only"))
    }

    @Test func `the selection stays on its check when it is mended`() {
        var driver = opened()
        driver.read(SampleBox.snapshot(seconds: 3))
        #expect(driver.state.selectedCheck?.id == "send-redirects-on")
        #expect(driver.state.selectedCheck?.status == .ok)
    }

    @Test func `Tab walks through every view and round the end`() {
        var driver = Driver()
        var seen: [ViewKind] = []
        for _ in ViewKind.allCases {
            seen.append(driver.state.view)
            driver.press(.tab)
        }
        #expect(seen == ViewKind.allCases)
        #expect(driver.state.view == .overview)
        driver.press(.backTab)
        #expect(driver.state.view == ViewKind.allCases.last)
    }
}
