import NATModel
import Testing

@Suite struct FollowingPaceTests {
    @Test(arguments: [(0, 30), (120, 30), (121, 31), (520, 130), (2400, 600), (60_000, 600)])
    func `nobody who says nothing pays half a percent of a core`(
        cost: Int, seconds: Int
    ) {
        let pace = FollowingPace(costMilliseconds: cost)
        #expect(pace.seconds == seconds)
        // What is asked once in ten minutes costs what it costs.
        #expect(pace.seconds == 600 || cost * 200 < pace.seconds * 1000 || cost == 0)
    }

    @Test func `an operator's word counts whatever it costs`() {
        let pace = FollowingPace(costMilliseconds: 5000, told: 2)
        #expect(pace.seconds == 2)
        #expect(pace.words == "every 2 s, as --refresh says")
    }

    @Test func `the words say why`() {
        #expect(FollowingPace(costMilliseconds: 4).words == "every 30 s")
        #expect(
            FollowingPace(costMilliseconds: 518).words
                == "every 130 s: a question takes 0.52 s of a processor, and 0.4 % of a core is what"
                + " following may take")
        #expect(
            FollowingPace(costMilliseconds: 12_004).words
                == "every 600 s: a question takes 12.00 s of a processor, and more seldom would"
                + " follow nothing")
    }

    @Test func `a name is forgotten once it was passed over twice`() {
        var name = FollowedName(.dns("worker.internal"))
        #expect(!name.isForgotten(at: 10_000))
        name.answeredAtSeconds = 10_000
        name.pace = FollowingPace(costMilliseconds: 520)
        #expect(!name.isForgotten(at: 10_000 + 2 * 130 + 90))
        #expect(name.isForgotten(at: 10_000 + 2 * 130 + 91))
        name.pace = nil
        #expect(!name.isForgotten(at: 10_000 + 1290))
        #expect(name.isForgotten(at: 10_000 + 1291))
    }
}
