import NATModel
import NATPlan

/// A plan and how it ended, for programs.
struct PlanJSON {
    let plan: Plan
    let outcome: String
    /// What is alive of the sources it is about; `nil` where nobody has counted.
    var connections: ConnectionsText?
    /// What was waited for and came; `nil` where nobody waited.
    var proof: ProofText?

    /// Writes it, a line.
    func write(to stream: StandardStream) {
        var writer = JSONWriter { stream.write($0) }
        writer.object { writer in
            writer.member("outcome", outcome)
            writer.member("title", plan.title)
            writer.key("steps")
            writer.array(plan.steps) { writer, step in
                writer.object {
                    $0.member("summary", step.summary)
                    $0.member("command", step.action.description)
                    $0.member("undo", step.inverse?.description)
                }
            }
            writer.key("verifications")
            writer.array(plan.verifications) { $0.value($1.description) }
            writer.key("warnings")
            writer.array(plan.warnings) { $0.value($1) }
            writer.key("doubts")
            writer.array(plan.doubts) { $0.value($1) }
            writer.key("movesOthers")
            writer.array(plan.movesOthers) { $0.value($1) }
            writer.key("connections")
            Self.connections(connections, &writer)
            writer.key("proof")
            writer.value(proof?.text)
        }
        writer.endLine()
    }

    private static func connections(_ text: ConnectionsText?, _ writer: inout JSONWriter) {
        guard let text else { return writer.null() }
        writer.array(text.connections.sorted { $0.key < $1.key }) { writer, live in
            writer.object { writer in
                writer.member("source", live.key.description)
                writer.member("count", live.value.count)
                writer.member("fate", text.fates.fate(of: live.key).rawValue)
                writer.key("largest")
                writer.array(live.value.largest) { writer, flow in
                    writer.object {
                        $0.member("protocol", Transport.name(flow.original.transport))
                        $0.member("destination", flow.original.destinationText)
                        $0.member("seenAs", flow.reply.destination.description)
                        $0.member("bytes", flow.traffic?.bytes)
                        $0.member(
                            "ageSeconds", flow.ageMilliseconds(at: text.now).map { $0 / 1000 })
                    }
                }
            }
        }
    }
}
