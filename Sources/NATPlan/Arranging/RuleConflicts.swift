import NATModel

extension Box {
    /// Refuses to delete a rule where the kernel would take another in its place.
    ///
    /// It deletes the first rule that has all that is said, and compares nothing that is not:
    /// `del … from S lookup T` also takes `from S iif eth0 lookup T` of the same priority.
    func checkDeletion(
        of rule: RoutingPolicyRule, for source: IPv4Prefix
    ) throws(PlanRefusal) {
        let first = rules(selecting: rule.source).first {
            $0.priority == rule.priority && $0.action == rule.action
                && (rule.protocolNumber == nil || $0.protocolNumber == rule.protocolNumber)
        }
        guard let first, first != rule else { return }
        throw PlanRefusal(
            source.description,
            "the kernel would delete the rule \(first.priority) «\(first.words)» in place of"
                + " «\(rule.words)»",
            fix: "give one of them another priority")
    }
}
