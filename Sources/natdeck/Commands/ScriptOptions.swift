import ArgumentParser
import NATDashboard
import NATModel
import NATScreen

/// `natdeck --script`: the dashboard played from a file, without a terminal or a box.
struct ScriptOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Play the dashboard from a file of keys and recorded snapshots; touches no box.",
            valueName: "file"),
        completion: .file())
    var script: String?

    @Option(
        help: ArgumentHelp("The size of the screen a script is played on.", valueName: "size"))
    var size: Size?

    @Flag(help: "Print the screen as plain text when the script has ended.")
    var dump = false

    func validate() throws {
        guard script == nil else { return }
        if dump {
            throw ValidationError("--dump prints the screen of a script: give --script FILE")
        }
        if size != nil { throw ValidationError("--size is that of a script: give --script FILE") }
    }

    /// Plays the script and prints what it asks for.
    ///
    /// - Parameter state: the dashboard at the beginning.
    func play(_ file: String, to state: DashboardState, ascii: Bool) throws {
        do throws(ReadFailure) {
            let text = String(decoding: try Recording.bytes(file), as: UTF8.self)
            do throws(ScriptError) {
                try play(Script(text), of: file, to: ScriptPlayer(state), ascii: ascii)
            } catch {
                throw ReadFailure("\(file):\(error.line)", error.reason)
            }
        } catch {
            complain(error.description)
            throw ExitStatus.refused.code
        }
    }

    private func play(
        _ script: Script, of file: String, to player: ScriptPlayer, ascii: Bool
    ) throws(ScriptError) {
        var player = player
        for line in script.lines {
            try player.play(line) { path throws(ReadFailure) in
                try Recording.read(Self.beside(file, path))
            }
            if case .dump(let title) = line.instruction {
                if !title.isEmpty { StandardStream.output.write("# \(title)\n") }
                Self.print(player.state, ascii: ascii)
            }
        }
        if dump { Self.print(player.state, ascii: ascii) }
        for question in player.unanswered {
            complain(
                "\(file):\(question.line): it asked the box, and no line answers",
                fix: "a line that begins with \(question.word)")
        }
    }

    private static func print(_ state: DashboardState, ascii: Bool) {
        let frame = state.render()
        StandardStream.output.write(ascii ? frame.asciiText : frame.text)
    }

    /// A file that a script names, found from where the script is.
    private static func beside(_ script: String, _ path: String) -> String {
        guard !path.hasPrefix("/"), let slash = script.lastIndex(of: "/") else { return path }
        return script[...slash] + path
    }
}

extension Size: ExpressibleByArgument {
    /// Reads `80x24`.
    package init?(argument: String) { self.init(argument) }
}
