import NATModel

#if canImport(Glibc)
    import Glibc
#endif

/// What drivers count beside what the kernel does, in their own words: `ethtool -S`.
///
/// Source: `SIOCETHTOOL` in linux/sockios.h, linux/ethtool.h. See netdevice(7).
enum DriverCounters {
    private static let ending = "_allowance_exceeded"

    /// How often each allowance was exceeded, by interface; one whose driver knows none is absent.
    static func exceededAllowances(of interfaces: [String]) -> [String: [String: UInt64]] {
        let descriptor = socket(
            AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return [:] }
        defer { close(descriptor) }
        var all: [String: [String: UInt64]] = [:]
        for interface in interfaces {
            let names = names(interface, descriptor)
            // To ask a driver for all its numbers may take it a while.
            guard names.contains(where: { $0.hasSuffix(ending) }),
                let numbers = numbers(names.count, interface, descriptor)
            else { continue }
            var exceeded: [String: UInt64] = [:]
            for (name, number) in zip(names, numbers) where name.hasSuffix(ending) {
                exceeded[String(name.dropLast(ending.count))] = number
            }
            all[interface] = exceeded
        }
        return all
    }

    /// What its driver calls its counters; empty where it has none.
    static func names(_ interface: String, _ descriptor: Int32) -> [String] {
        // ethtool_sset_info for ETH_SS_STATS: how many.
        var count = Request(bytes: 20)
        count[0] = Code.setInfo
        count.set64(8, 1 << 1)
        guard count.ask(interface, descriptor) else { return [] }
        let length = Int(count[16])
        guard length > 0, length < 1 << 16 else { return [] }
        // ethtool_gstrings.
        var strings = Request(bytes: 12 + length * Code.nameLength)
        strings[0] = Code.strings
        strings[4] = 1
        strings[8] = UInt32(length)
        guard strings.ask(interface, descriptor), Int(strings[8]) == length else { return [] }
        return (0..<length).map { strings.text(12 + $0 * Code.nameLength, Code.nameLength) }
    }

    /// The counters, in the order of their names.
    private static func numbers(
        _ count: Int, _ interface: String, _ descriptor: Int32
    ) -> [UInt64]? {
        // ethtool_stats.
        var request = Request(bytes: 8 + count * 8)
        request[0] = Code.numbers
        request[4] = UInt32(count)
        guard request.ask(interface, descriptor), Int(request[4]) == count else { return nil }
        return (0..<count).map { request.number64(8 + $0 * 8) }
    }

    /// Source: linux/ethtool.h, linux/sockios.h.
    private enum Code {
        static let strings: UInt32 = 0x1b
        static let numbers: UInt32 = 0x1d
        static let setInfo: UInt32 = 0x37
        static let ethtool: UInt = 0x8946
        static let nameLength = 32
    }

    /// A structure that the driver fills in.
    private struct Request {
        private var bytes: [UInt8]

        /// With room to spare, should the driver have more to tell by now.
        init(bytes count: Int) { bytes = [UInt8](repeating: 0, count: count + 4096) }

        subscript(offset: Int) -> UInt32 {
            get {
                bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }
            }
            set {
                bytes.withUnsafeMutableBytes {
                    $0.storeBytes(of: newValue, toByteOffset: offset, as: UInt32.self)
                }
            }
        }

        func number64(_ offset: Int) -> UInt64 {
            bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }
        }

        mutating func set64(_ offset: Int, _ value: UInt64) {
            bytes.withUnsafeMutableBytes {
                $0.storeBytes(of: value, toByteOffset: offset, as: UInt64.self)
            }
        }

        func text(_ offset: Int, _ count: Int) -> String {
            let text = bytes[offset..<offset + count].prefix { $0 != 0 }
            return String(decoding: text, as: UTF8.self).strippedOfControls
        }

        /// Whether the driver answered.
        mutating func ask(_ interface: String, _ descriptor: Int32) -> Bool {
            let name = KernelName.bytes(interface)
            guard name.count < 16 else { return false }
            return bytes.withUnsafeMutableBytes { data in
                // ifreq: a name of 16 bytes, and where the structure is.
                var frame = name + [UInt8](repeating: 0, count: 40 - name.count)
                let place = UInt64(UInt(bitPattern: data.baseAddress))
                return frame.withUnsafeMutableBytes { frame in
                    frame.storeBytes(of: place, toByteOffset: 16, as: UInt64.self)
                    guard let start = frame.baseAddress else { return false }
                    return ioctl(descriptor, Code.ethtool, start) == 0
                }
            }
        }
    }
}
