internal import NATModel
internal import NATPlan

// Sources that are named: an instance, a tag, a name of the DNS.
extension AssignDialog {
    /// The name that was typed; `nil` where it is none.
    var typedName: SourceName? {
        guard case .typed(let text) = sources else { return nil }
        let name = SourceName(text.trimmingSpaces)
        return name?.prefix == nil ? name : nil
    }

    /// The hosts that the name stands for, as text; `nil` where no name was followed.
    var followedHosts: String? {
        guard case .named(_, let hosts) = sources, let first = hosts.first else { return nil }
        let more = hosts.count > 1 ? " and \(hosts.count - 1) more" : ""
        return "\(first)\(more) now, and followed when that changes"
    }
}

extension DashboardState {
    /// Asks what the name stands for that was typed; `nil` where something else was.
    mutating func follow(_ dialog: inout AssignDialog) -> [Effect]? {
        if case .named = dialog.sources {
            dialog.focus = .interface
            return []
        }
        guard let name = dialog.typedName else {
            guard case .typed(let text) = dialog.sources,
                SourceName.isMeant(text.trimmingSpaces)
            else { return nil }
            dialog.complaint =
                "no such name: ec2:i-0123456789abcdef0, ec2:tag:KEY=VALUE and dns:NAME are"
            return []
        }
        dialog.complaint = "asking what \(name) stands for…".strippedOfControls
        return [.follow(name)]
    }

    /// Takes what a name stands for, where that is still asked.
    mutating func take(_ answer: Result<[IPv4Prefix], PlanRefusal>, for name: SourceName) {
        guard case .assigning(var dialog) = mode, dialog.typedName == name else { return }
        switch answer {
        case .success(let hosts):
            dialog.sources = .named(name, hosts)
            dialog.complaint = nil
            dialog.focus = .interface
            mode = .assigning(dialog)
            offerInterface()
        case .failure(let refusal):
            let fix = refusal.fix.map { ". Mend it: \($0)" } ?? ""
            dialog.complaint = "\(refusal.object): \(refusal.reason)\(fix)".strippedOfControls
            mode = .assigning(dialog)
        }
    }

    /// That these sources leave by an interface, kept by the name that stands for them.
    func intent(
        assigning sources: [IPv4Prefix], of dialog: AssignDialog, to egress: Egress
    ) -> Intent {
        guard case .named(let name, _) = dialog.sources else {
            return .assign(sources, egress: egress, options: AssignOptions())
        }
        return .arrange(
            sources.map { Arrangement($0, egress: egress, name: name) }, options: AssignOptions())
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        String(drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
