import NATModel
import NATPlan

// How hosts are steered.
extension Doctor {
    /// So many host rules are more than every packet should be held against.
    private static let manyRules = 200

    static func manyHostRules(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "many-host-rules", title: "Rules of hosts",
            reason: "every packet that no connection leads is held against each of them, those of"
                + " other hosts too")
        if let failure = patient.failure(of: .rules) { return topic.unknown(failure) }
        let count = patient.snapshot.ruleSteered.count
        guard count > manyRules else {
            return topic.ok(
                patient.snapshot.map.map { "the nft map steers \($0.count) sources" }
                    ?? "no more than \(manyRules) rules steer hosts")
        }
        let finding = "\(count) rules steer hosts, where one nft map could"
        if let failure = patient.snapshot.gate.failure {
            return failure == .unread
                ? topic.unknown(failure) : topic.found(.info, ["\(finding), but \(failure)"], nil)
        }
        let file = (patient.snapshot.sysctlFile.value ?? nil).map(SysctlFile.init(contents:))
        let isKnown =
            file?.sources.isEmpty == false
            || patient.snapshot.cloud.value?.contains { !$0.vpcNetworks.isEmpty } == true
        return topic.found(
            .warning, [finding],
            isKnown
                ? .plan(.setup(SetupOptions(steering: .map)))
                : .manual("natdeck setup --source CIDR --steering map"))
    }
}
