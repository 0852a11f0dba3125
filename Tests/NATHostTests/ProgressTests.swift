@testable import NATHost
import NATModel
import NATPlan
import NATTesting
import Testing

/// The small file that says how far a change has come.
@Suite struct ProgressTests {
    private static let phases: [ChangeRecord.Phase] = [
        .applying(steps: 0..<0), .applying(steps: 512..<768), .takingBack(step: 20_000),
        .awaitingKeep(untilBootMilliseconds: 123_456_789), .keeping(by: "operator"),
    ]

    private func line(_ phase: ChangeRecord.Phase, told: Bool = false) async throws -> String {
        let fake = FakeHost(.scenario)
        let plan = try await fake.plan(Case.assign("eth1"))
        _ = await fake.local.applier.apply(plan, keepWithinSeconds: 60)
        var record = try #require(try fake.local.applier.journal.read())
        record.phase = phase
        record.isToldOfLeftovers = told
        return Progress(of: record).line
    }

    @Test(arguments: phases)
    func `reads what it has written, in a file of one size`(
        phase: ChangeRecord.Phase
    ) async throws {
        let line = try await line(phase, told: true)
        #expect(line.utf8.count == Progress.size)
        let read = try #require(Progress(Array(line.utf8)))
        #expect(read.phase == phase)
        #expect(read.isToldOfLeftovers)
        #expect(!(try #require(Progress(Array(try await self.line(phase).utf8)))).isToldOfLeftovers)
    }

    @Test func `a torn file says nothing`() async throws {
        let whole = Array(try await line(.applying(steps: 256..<512)).utf8)
        for length in 0..<whole.count { #expect(Progress(Array(whole[..<length])) == nil) }
        #expect(Progress(whole + [UInt8(ascii: "\n")]) == nil)
        for place in whole.indices {
            var changed = whole
            changed[place] =
                changed[place] == UInt8(ascii: "9") ? UInt8(ascii: "1") : UInt8(ascii: "9")
            #expect(Progress(changed) == nil, "byte \(place)")
        }
        // The beginning of one line and the end of another.
        let other = Array(try await line(.keeping(by: "operator")).utf8)
        for length in 30..<60 {
            #expect(Progress(Array(whole[..<length] + other[length...])) == nil)
        }
    }
}
