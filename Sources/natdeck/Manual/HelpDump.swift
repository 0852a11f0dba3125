import ArgumentParser
import FoundationEssentials

/// A command as the argument parser tells of it: the same definitions that `--help` prints.
///
/// Source: `--experimental-dump-help` of swift-argument-parser.
struct HelpDump: Decodable {
    var commandName: String
    var superCommands: [String]?
    var abstract: String?
    var discussion: String?
    var shouldDisplay: Bool?
    var subcommands: [HelpDump]?
    var arguments: [Argument]?

    /// An argument, option or flag.
    struct Argument: Decodable {
        var kind: String
        var shouldDisplay: Bool
        var isOptional: Bool
        var isRepeating: Bool
        var preferredName: Name?
        var names: [Name]?
        var valueName: String?
        var defaultValue: String?
        var allValues: [String]?
        var abstract: String?
    }

    /// A name of an option or flag.
    struct Name: Decodable {
        var kind: String
        var name: String

        /// As it is typed.
        var typed: String { kind == "long" ? "--\(name)" : "-\(name)" }
    }

    private struct Tool: Decodable { var command: HelpDump }

    /// All of natdeck.
    static func natdeck() -> HelpDump? {
        let text = Natdeck._dumpHelp()
        return try? JSONDecoder().decode(Tool.self, from: Data(text.utf8)).command
    }

    /// As a person calls it: `natdeck service install`.
    var fullName: String { ((superCommands ?? []) + [commandName]).joined(separator: " ") }

    /// The arguments that help tells of, but for help itself.
    var shown: [Argument] {
        (arguments ?? []).filter { argument in
            argument.shouldDisplay
                && !["help", "version"].contains(argument.preferredName?.name ?? "")
        }
    }

    /// The commands that do something, those of subcommands included, in their order.
    var leaves: [HelpDump] {
        let below = (subcommands ?? []).filter {
            ($0.shouldDisplay ?? true) && $0.commandName != "help"
        }
        return below.flatMap { command in
            let deeper = command.leaves
            return deeper.isEmpty ? [command] : deeper
        }
    }
}
