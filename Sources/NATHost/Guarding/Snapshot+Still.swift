import NATModel

extension Snapshot {
    /// What can be lost, without what moves by itself all the time.
    var withoutFigures: Snapshot {
        var still = self
        still.takenAtMilliseconds = 0
        still.counters = .failed(.unread)
        still.neighbours = .failed(.unread)
        still.flows = .failed(.unread)
        still.conntrack = .failed(.unread)
        still.sshPeers = .failed(.unread)
        still.natGeneration = nil
        still.names = names.map { $0.map(\.withoutTime) }
        still.nat = nat.map { sets in
            sets.map { set in
                var set = set
                for chain in set.chains.indices {
                    set.chains[chain].packets = nil
                    set.chains[chain].bytes = nil
                    for rule in set.chains[chain].rules.indices {
                        set.chains[chain].rules[rule].packets = 0
                        set.chains[chain].rules[rule].bytes = 0
                    }
                }
                return set
            }
        }
        return still
    }
}
