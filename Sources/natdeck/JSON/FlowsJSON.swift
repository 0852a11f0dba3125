import NATModel

/// The contract of `natdeck flows --json`: camelCase, and null for what is unknown.
struct FlowsJSON {
    let list: FlowList
    /// When they were read, in milliseconds since 1970-01-01 UTC.
    let now: Int64

    /// Writes it, a line.
    func write(to stream: StandardStream) {
        var writer = JSONWriter { stream.write($0) }
        writer.array(list.flows) { writer, facts in
            let flow = facts.flow
            writer.object {
                $0.member("protocol", Transport.name(flow.original.transport))
                $0.key("original")
                Self.tuple(flow.original, &$0)
                $0.key("reply")
                Self.tuple(flow.reply, &$0)
                $0.member("state", flow.stateText)
                $0.member("replied", flow.hasReplied)
                $0.member("seenAs", flow.reply.destination.description)
                $0.member("interface", facts.interface)
                $0.member("publicAddress", facts.publicAddress?.description)
                $0.member("agrees", facts.agrees)
                $0.member("txBytes", flow.traffic?.originalBytes)
                $0.member("txPackets", flow.traffic?.originalPackets)
                $0.member("rxBytes", flow.traffic?.replyBytes)
                $0.member("rxPackets", flow.traffic?.replyPackets)
                $0.member("ageSeconds", flow.ageMilliseconds(at: now).map { $0 / 1000 })
                $0.member("timeoutSeconds", flow.timeoutSeconds)
                $0.member("mark", flow.mark)
                $0.member("zone", flow.zone)
            }
        }
        writer.endLine()
    }

    private static func tuple(_ tuple: ConntrackFlow.Tuple, _ writer: inout JSONWriter) {
        let hasPorts = Transport.hasPorts(tuple.transport)
        writer.object {
            $0.member("source", tuple.source.description)
            $0.member("sourcePort", hasPorts ? tuple.sourcePort : nil)
            $0.member("destination", tuple.destination.description)
            $0.member("destinationPort", hasPorts ? tuple.destinationPort : nil)
        }
    }
}
