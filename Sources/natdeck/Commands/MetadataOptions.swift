import ArgumentParser
import NATHost

/// Whether the cloud's metadata service is asked.
struct MetadataOptions: ParsableArguments {
    /// Whom natdeck asks.
    enum Use: String, CaseIterable, ExpressibleByArgument {
        /// The service of the cloud that the box says it runs in; off the cloud nobody.
        case auto
        /// Nobody.
        case off
    }

    @Option(help: "Ask the cloud's metadata service, where the box runs in a cloud, or nobody.")
    var metadata = Use.auto

    /// The real box.
    var box: LocalBox { .system(asksCloud: metadata == .auto) }

    /// What natdeck guard is started with for the same.
    var words: [String] { metadata == .auto ? [] : ["--metadata \(metadata.rawValue)"] }
}
