public import NATModel

/// The kernel's table of the gate, which makes one transaction of each change.
public protocol GateTable: Sendable {
    /// Makes the table what this gate asks for; `nil` takes it away, and does nothing where there is
    /// none.
    ///
    /// - Parameter present: what the table is known to be, so that only what differs is sent; `nil`
    ///   where that is not known.
    /// - Returns: why that was not acknowledged; `nil` where it is done.
    func set(_ gate: Gate?, over present: Gate?) async -> RoutingChangeReport.Failure?
    /// A number for all that the table holds, which is another one as soon as anybody changes
    /// anything in it; `.value(nil)` where there is no such table, a failure where the kernel has no
    /// nf_tables or lacks what the table needs.
    func fingerprint() async -> Reading<UInt64?>
}
