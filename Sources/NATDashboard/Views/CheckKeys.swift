internal import NATDoctor

extension Check {
    /// What mends it by the keys of the dashboard, where nobody is at a shell, and else what to type;
    /// `nil` where nothing is known to mend it.
    var keys: String? {
        guard status != .ok, let remedy else { return fix }
        switch remedy {
        case .plan: return "Enter shows the plan"
        case .assign(let source, _): return "Enter asks by which egress \(source) is to leave"
        case .manual(let text):
            switch id {
            case "change-awaits-keep": return "K keeps it, R takes it back"
            case "change-unfinished": return "F finishes it, R takes it back"
            case "ports-taken", "queue-drops", "link-saturated", "allowance-exceeded":
                return "\(text): Space marks hosts in the Overview (1), a assigns them"
            default: return text
            }
        }
    }
}
