import NATModel

/// The names of FIB tables, `/etc/iproute2/rt_tables`. See ip-route(8).
public enum TableNames {
    /// The names by number. A line that names no table is passed over, as iproute2 does; what names
    /// one that the kernel has is left out.
    public static func parse(_ contents: String) -> [Int: String] {
        var names: [Int: String] = [:]
        for line in contents.split(whereSeparator: \.isNewline) {
            let words = line.split { $0 == " " || $0 == "\t" }
            guard words.count >= 2, !words[0].hasPrefix("#"), !words[1].hasPrefix("#"),
                let number = number(words[0])
            else { continue }
            let isKernels = [FIBTable.main, FIBTable.local, FIBTable.defaultTable, 0]
                .contains(number)
            if !isKernels { names[number] = String(words[1]).strippedOfControls }
        }
        return names
    }

    private static func number(_ word: Substring) -> Int? {
        let number =
            word.hasPrefix("0x") ? UInt32(word.dropFirst(2), radix: 16) : UInt32(word)
        return number.map(Int.init)
    }
}
