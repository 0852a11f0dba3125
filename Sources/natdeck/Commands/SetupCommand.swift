import ArgumentParser
import NATHost
import NATModel
import NATPlan

struct SetupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Prepare the box once: kernel parameters, MASQUERADE, a table for each egress.",
        discussion: "Example: natdeck setup --source 172.31.0.0/16")

    @Option(help: "A network to masquerade, where the cloud does not tell it; repeat for more.")
    var source: [String] = []

    @Option(
        help: ArgumentHelp(
            "The bits of connection marks for natdeck, such as 0xff000000, where it must not choose.",
            valueName: "mask"))
    var markMask: String?

    @Option(
        help: ArgumentHelp(
            "How hosts are steered: by policy rules, or by one nft map, which is as fast at any number.",
            valueName: "rules|map"))
    var steering: Steering?

    /// How hosts are steered, as it is typed.
    enum Steering: String, ExpressibleByArgument, CaseIterable {
        case rules, map

        var method: SteeringMethod { self == .map ? .map : .rule }
    }

    @Flag(help: "Take back everything natdeck put on this box.")
    var remove = false

    @OptionGroup var metadata: MetadataOptions

    @OptionGroup var options: ChangeOptions

    func validate() throws {
        if remove, !source.isEmpty {
            throw ValidationError("--source says nothing to --remove: leave it out")
        }
        if remove, markMask != nil {
            throw ValidationError("--mark-mask says nothing to --remove: leave it out")
        }
        if remove, steering != nil {
            throw ValidationError("--steering says nothing to --remove: leave it out")
        }
        if let markMask, mask == nil {
            throw ValidationError(
                "--mark-mask \(markMask.strippedOfControls): not two or more bits side by side, such as"
                    + " 0xff000000")
        }
    }

    /// The mask that was named; `nil` for none, or one that is not usable.
    private var mask: UInt32? {
        markMask.flatMap { PacketMark($0)?.value }.flatMap {
            ConnectionMarks.isUsable($0) ? $0 : nil
        }
    }

    func run() async throws {
        var sources: [IPv4Prefix] = []
        for text in source {
            do throws(PlanRefusal) { sources.append(try .source(text)) } catch {
                throw refusal(error)
            }
        }
        let intent =
            remove
            ? Intent.removeAll
            : .setup(
                SetupOptions(sources: sources, markMask: mask, steering: steering?.method))
        try await ChangeFlow(box: metadata.box, options: options).run(intent)
    }
}
