import NATModel
import NATPlan

/// Brings the gate into the kernel by nft(8), and tells what it is.
struct GateKeeper: Sendable {
    let runner: any CommandRunner
    let files: any HostFiles

    private static let deadline = Duration.seconds(10)

    /// The gate that natdeck has made; `.value(nil)` where it has made none.
    ///
    /// The file is what tells, and it goes as soon as the kernel is seen to hold something else.
    func reading() -> Reading<Gate?> {
        guard runner.isInstalled("nft") else {
            return .failed(
                ReadFailure("nft", "it is not installed", fix: "apt-get install nftables"))
        }
        do throws(ReadFailure) {
            return .value(try record()?.gate)
        } catch {
            return .failed(error)
        }
    }

    /// Whether the kernel holds the gate as it was made; yes where none was.
    func isInForce() async -> Bool {
        do throws(ReadFailure) {
            guard let record = try record() else { return true }
            return await present() == record.listing
        } catch {
            return false
        }
    }

    /// Forgets a gate that is not in force any more, so that the next plan makes it again.
    func forget() throws(ReadFailure) { try files.remove(Gate.path) }

    /// Makes this the gate, in one transaction of the kernel; `nil` takes it away.
    ///
    /// - Returns: why that failed, and whether it may be done all the same; `nil` where it is done.
    func set(_ gate: Gate?) async -> (reason: String, isUncertain: Bool)? {
        let command = Command("nft", "-f", "-")
        do throws(CommandFailure) {
            let reply = try await runner.run(
                command, input: GateScript(gate).text, deadline: Self.deadline)
            guard reply.status == 0 else { return (reply.complaint, reply.status > 128) }
        } catch {
            return (error.readFailure.reason, error.mayHaveRun)
        }
        do throws(ReadFailure) {
            guard let gate, !gate.isEmpty else {
                try files.remove(Gate.path)
                return nil
            }
            guard let listing = await present() else {
                return ("nft does not list the table it has just made", true)
            }
            try files.write("\(gate)\n\(listing)\n", to: Gate.path)
            return nil
        } catch {
            return (error.reason, true)
        }
    }

    /// What the file says: the gate, and what nft listed of it then.
    private func record() throws(ReadFailure) -> (gate: Gate, listing: String)? {
        guard let bytes = try files.read(Gate.path) else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(
            separator: "\n", omittingEmptySubsequences: false)
        // A file that says something else is no gate: the next plan makes it anew.
        guard lines.count >= 2, let gate = Gate(String(lines[0])) else { return nil }
        return (gate, String(lines[1]))
    }

    /// A short name for all that the kernel holds in the table, without counters; `nil` where there
    /// is no such table.
    private func present() async -> String? {
        let command = Command("nft", "-s", "list", "table", "ip", Gate.table)
        guard let reply = try? await runner.run(command, input: nil, deadline: Self.deadline),
            reply.status == 0
        else { return nil }
        // FNV-1a: it tells texts apart that nobody has made alike on purpose.
        let hash = reply.output.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { hash, byte in
            (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        return String(hash, radix: 16)
    }
}
