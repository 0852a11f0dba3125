import NATHost
import NATLab
import NATModel
import Testing

// Many packets while something happens to the box, and who counted them.
extension BoxUnderTest {
    /// What the counter of this name in the nft table `watch` has counted.
    func counted(_ name: String) async throws -> Int {
        let text = try await lab.output(in: "nat", "nft", "list", "counter", "ip", "watch", name)
        let words = text.split(whereSeparator: \.isWhitespace)
        let place = try #require(words.firstIndex(of: "packets"))
        return try #require(Int(words[place + 1]))
    }

    /// Has host B begin flow after flow for a while.
    ///
    /// - Parameter pings: whether it sends a thousand packets a second of one flow beside.
    func flooded(
        seconds: Int, pings: Bool = false, while deed: () async throws -> Void
    ) async throws {
        let ping = "ping -q -i 0.002 -w \(seconds) \(Topology.internet) > /dev/null & "
        let flood = """
            end=$(($(date +%s) + \(seconds)))
            \(pings ? ping + ping : "") \
            while [ $(date +%s) -lt $end ]; do for n in 1 2 3 4 5 6 7 8 9 10; do \
            echo x > /dev/udp/\(Topology.internet)/$((RANDOM % 30000 + 1024)); done; done; wait
            """
        let lab = lab
        async let sent: CommandReply = lab.run(
            in: "ec2-b", Command("bash", "-c", flood), deadline: .seconds(seconds + 20))
        do { try await deed() } catch {
            _ = try await sent
            throw error
        }
        _ = try await sent
    }
}
