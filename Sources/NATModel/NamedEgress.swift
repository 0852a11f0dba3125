extension Snapshot {
    /// Finds the interface of what is kept for addresses alone, as far as the box tells it: they may
    /// be public, or own ones.
    public mutating func findKeptInterfaces() {
        guard case .value(let kept?) = saved,
            kept.contains(where: { $0.egress.interface.isEmpty }), let interfaces = interfaces.value
        else { return }
        let egresses = interfaces.filter { !$0.isLoopback }.compactMap {
            egressInterface($0.name)
        }
        saved = .value(
            kept.map { kept in
                guard kept.egress.interface.isEmpty else { return kept }
                var found = kept
                for egress in egresses {
                    let own = kept.egress.addresses.compactMap { address in
                        egress.addressPairs.first { $0.own == address || $0.outside == address }?
                            .own
                    }
                    guard own.count == kept.egress.addresses.count, Set(own).count == own.count
                    else { continue }
                    found.egress = Egress(egress.interface.name, addresses: own)
                    return found
                }
                return found
            })
    }
}
