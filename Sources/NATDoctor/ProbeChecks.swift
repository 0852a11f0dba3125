import NATModel
import NATPlan

// What the outside saw, beside what is told.
extension Doctor {
    static func probes(_ patient: Patient) -> Check {
        let topic = Topic(
            id: "probe-disagrees", title: "Seen outside",
            reason: "who is told of the wrong public address lets the wrong one in")
        switch patient.snapshot.probed {
        case .failed(let failure): return topic.unknown(failure)
        case .value(let probed):
            guard !probed.isEmpty else { return topic.ok("nobody has asked yet: natdeck probe") }
            let findings = probed.compactMap { probed -> String? in
                let told = patient.facts.owner(of: probed.own)?.toldAddress(of: probed.own)
                guard let told, told.address != probed.outside else { return nil }
                return "\(probed.own) was seen as \(probed.outside), and \(told.source.rawValue)"
                    + " says \(told.address)"
            }
            return topic.found(
                .warning, findings, else: "the outside saw what is told", .manual("natdeck probe"))
        }
    }
}
