import NATHost
import NATModel

/// Why a lab could not be built, entered or removed.
package struct LabError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The object at fault: a command as a person would type it, a file or a machine of the lab.
    package var object: String
    /// What went wrong, in one sentence without a full stop.
    package var reason: String
    /// What mends it, where that is known.
    package var fix: String?
    /// The exit status it deserves: 1 failed, 64 usage, 77 no permission.
    package var status: Int32

    /// A failure of `object` for this reason.
    package init(_ object: String, _ reason: String, fix: String? = nil, status: Int32 = 1) {
        self.object = object
        self.reason = reason
        self.fix = fix
        self.status = status
    }

    init(_ failure: CommandFailure) {
        let failure = failure.readFailure
        self.init(failure.object, failure.reason, fix: failure.fix)
    }

    init(_ command: Command, _ reply: CommandReply) {
        let said = reply.error.isEmpty ? "exit status \(reply.status)" : reply.error
        self.init(command.description, said)
    }

    /// `object: reason`.
    package var description: String { "\(object): \(reason)" }
}
