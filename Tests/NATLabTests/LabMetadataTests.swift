import NATHost
import NATLab
import NATModel
import Testing

extension LabTests {
    @Test func `metadata wants a token, and knows its documents`() async throws {
        try await Self.withLab(.scenario) { lab in
            let base = "http://169.254.169.254/latest"
            func ask(_ words: String...) async throws -> (status: String, body: String) {
                let text = try await lab.output(
                    in: "nat", "curl", "-s", "-m", "2", "-w", "\n%{http_code}", words[0],
                    words[1], words[2])
                let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
                return (
                    String(lines.last ?? ""), lines.dropLast().joined(separator: "\n")
                )
            }
            #expect(try await ask("-X", "GET", "\(base)/meta-data/mac").status == "401")
            #expect(try await ask("-X", "PUT", "\(base)/api/token").status == "400")
            for (lifetime, status) in [("0", "400"), ("21601", "400"), ("x", "400"), ("1", "200")] {
                let reply = try await lab.output(
                    in: "nat", "curl", "-s", "-m", "2", "-o", "/dev/null", "-w", "%{http_code}",
                    "-X", "PUT", "-H", "X-aws-ec2-metadata-token-ttl-seconds: \(lifetime)",
                    "\(base)/api/token")
                #expect(reply == status, "lifetime \(lifetime)")
            }
            let token = try await lab.output(
                in: "nat", "curl", "-s", "-m", "2", "-X", "PUT", "-H",
                "X-aws-ec2-metadata-token-ttl-seconds: 60", "\(base)/api/token")
            let field = "X-aws-ec2-metadata-token: \(token)"
            func document(_ path: String) async throws -> String {
                try await ask("-H", field, "\(base)/meta-data/\(path)").body
            }
            #expect(
                try await ask("-H", "X-aws-ec2-metadata-token: no", "\(base)/meta-data/mac").status
                    == "401")
            #expect(try await ask("-H", field, "\(base)/meta-data/none").status == "404")
            #expect(try await ask("-H", field, "\(base)/../../box").status == "404")
            #expect(try await document("mac") == "0a:ff:ac:1f:08:cf")
            let macs = "network/interfaces/macs"
            #expect(try await document("\(macs)/") == "0a:ff:ac:1f:08:cf/\n0a:ff:ac:1f:08:d0/")
            let second = "\(macs)/0a:ff:ac:1f:08:d0"
            #expect(try await document("\(second)/public-ipv4s") == "203.0.113.195")
            #expect(try await document("\(second)/device-number") == "1")
            #expect(try await document("\(second)/vpc-ipv4-cidr-blocks") == "172.31.0.0/16")
            #expect(try await document("\(second)/ipv4-associations/") == "203.0.113.195")
            #expect(
                try await document("\(second)/ipv4-associations/203.0.113.195") == "172.31.8.208")
            // Documents can change under way, as an address does that is associated anew.
            try lab.setMetadata("meta-data/\(second)/public-ipv4s", nil)
            #expect(
                try await ask("-H", field, "\(base)/meta-data/\(second)/public-ipv4s").status
                    == "404")
        }
    }
}
