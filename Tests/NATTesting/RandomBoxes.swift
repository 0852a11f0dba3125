import Glibc

/// How many random boxes a differential test tries.
package enum RandomBoxes {
    /// The seeds of so many boxes; of as many as `NATDECK_BOXES` says where it says so, as
    /// Tests/bench/differential does.
    package static func seeds(usually count: Int) -> ClosedRange<UInt64> {
        let wanted = getenv("NATDECK_BOXES").flatMap { UInt64(String(cString: $0)) }
        return 1...max(wanted ?? UInt64(count), 1)
    }
}
