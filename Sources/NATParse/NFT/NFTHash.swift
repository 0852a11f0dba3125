/// FNV-1a: it tells things apart that nobody has made alike on purpose.
struct NFTHash {
    private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }

    mutating func add(_ number: UInt64) {
        for shift in stride(from: 0, to: 64, by: 8) {
            add(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }

    mutating func add(bytes: some Sequence<UInt8>) { for byte in bytes { add(byte) } }

    /// Adds the attributes of these kinds.
    mutating func add(_ attributes: NetlinkSlice, _ kinds: [Int]) {
        for (kind, value) in NetlinkAttributes(attributes) where kinds.contains(kind) {
            add(UInt8(truncatingIfNeeded: kind))
            add(bytes: value)
        }
    }

    /// Adds an element of a set: its parts and not how a message holds them, for the kernel tells of
    /// it in another way than it is told.
    ///
    /// - Parameters:
    ///   - set: the name of the set.
    ///   - flags: its flags; empty for none.
    ///   - verdict: what becomes of packets, and the chain that decides; `nil` in a set.
    mutating func addElement(
        of set: some Sequence<UInt8>, key: some Sequence<UInt8>, flags: some Sequence<UInt8>,
        verdict: (code: UInt32, chain: String)?
    ) {
        add(bytes: set)
        add(UInt8(ascii: ":"))
        add(bytes: key)
        add(bytes: flags)
        guard let verdict else { return }
        add(UInt64(verdict.code))
        add(bytes: verdict.chain.utf8)
    }
}
