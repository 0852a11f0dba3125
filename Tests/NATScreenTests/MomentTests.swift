import NATScreen
import Testing

@Suite struct MomentTests {
    @Test(arguments: [
        (0, 0, "1970-01-01 00:00:00"), (951_827_696_789, 0, "2000-02-29 12:34:56"),
        (1_764_115_199_999, 0, "2025-11-25 23:59:59"),
        (1_764_115_200_000, 0, "2025-11-26 00:00:00"),
        (1_764_115_200_000, -3600, "2025-11-25 23:00:00"), (-1, 0, "1969-12-31 23:59:59"),
    ])
    func `a moment is told by date and time of day`(
        milliseconds: Int64, offset: Int, text: String
    ) {
        #expect(Moment(milliseconds: milliseconds, utcOffsetSeconds: offset).text == text)
    }

    @Test(arguments: [
        (1_764_072_184_050, "2025-11-25T12:03:04.050Z"), (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ])
    func `programs are told a moment to the millisecond`(milliseconds: Int64, text: String) {
        #expect(Moment.timestamp(milliseconds) == text)
    }

    @Test func `of another day the date is told, of today the time`() {
        let moment = Moment(milliseconds: 1_764_072_184_050, utcOffsetSeconds: 0)
        #expect(moment.short(on: "2025-11-25") == "12:03:04")
        #expect(moment.short(on: "2025-11-26") == "11-25")
    }
}
