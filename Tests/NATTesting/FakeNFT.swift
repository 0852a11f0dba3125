import NATHost
import NATModel

extension FakeBox {
    /// nft(8), as far as natdeck's own table goes; `nil` where it is asked for something else.
    mutating func nft(_ words: [String], _ input: String) -> CommandReply? {
        let name = "table ip \(Gate.table)"
        switch words {
        case ["-f", "-"]:
            // The table is taken away first, and made anew where there is more.
            let deletion = "delete \(name)\n"
            guard let end = input.firstRange(of: deletion)?.upperBound else { return nil }
            ownTable = input[end...].isEmpty ? nil : String(input[end...])
            return CommandReply()
        case ["-s", "list", "table", "ip", Gate.table]:
            guard let ownTable else {
                return CommandReply(status: 1, error: "Error: No such file or directory")
            }
            return CommandReply(output: Array(ownTable.utf8))
        default: return nil
        }
    }
}
