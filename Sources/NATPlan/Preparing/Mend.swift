public import NATModel

/// What mends one fault that the doctor found.
public enum Mend: Hashable, Codable, Sendable {
    /// These kernel parameters get these values, now and at every boot.
    case parameters([String: Int])
    /// A MASQUERADE rule covers each source on each interface, where none does yet.
    ///
    /// `isKept` tells whether the rules stay when no host needs them, as those of `setup` do.
    case masquerade([String: [IPv4Prefix]], isKept: Bool)
    /// These tables of ours fail closed.
    case backstops([Int])
    /// These tables of ours hand back what is internal by now.
    case tables([Int])
    /// systemd-networkd leaves policy rules alone that it has not made.
    case keepForeignRules
    /// AWS is set up so that hosts can leave through this box, as far as this part goes.
    case cloud(CloudHalf.Part)
}
