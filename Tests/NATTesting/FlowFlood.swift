import NATHost
import NATModel
import NATParse
import Synchronization

/// A kernel that tells of any number of flows and holds none of them: each is made when it is told.
///
/// As many as this kernel's own table would not hold. One host has a share of all of them, the others
/// one flow each in turn.
package final class FlowFlood: NetlinkOpener {
    /// The host that has the large share.
    package static let busiest = IPv4Address(rawValue: 0x0a00_0001)
    /// The first of the others; each has the next address.
    package static let firstOther = IPv4Address(rawValue: 0x0a01_0000)
    /// The address of the box that all of them leave with.
    package static let egress = IPv4Address(rawValue: 0xac1f_08d0)

    private let count: Int
    private let ofBusiest: Int
    private let others: Int
    private let state = Mutex((number: [UInt8](), next: 0))

    /// So many flows, of which so many are of one host, and the rest of so many others.
    package init(_ count: Int, ofBusiest: Int, others: Int) {
        self.count = count
        self.ofBusiest = ofBusiest
        self.others = others
    }

    package func open(_ family: NetlinkFamily) throws(KernelError) -> any NetlinkSocket {
        Socket(flood: self)
    }

    private struct Socket: NetlinkSocket {
        let flood: FlowFlood

        func send(_ messages: [UInt8]) throws(KernelError) {
            flood.state.withLock { $0 = (Array(messages[8..<12]), 0) }
        }

        func receive(
            into buffer: UnsafeMutableRawBufferPointer
        ) throws(KernelError) -> (count: Int, sender: UInt32) {
            (flood.fill(buffer), 0)
        }
    }

    /// A flow of UDP with its answers, as ctnetlink tells it: CTA_TUPLE_ORIG, CTA_TUPLE_REPLY,
    /// CTA_STATUS, CTA_TIMEOUT, counters of both directions and CTA_ID.
    private static let message: [UInt8] = {
        let address: [UInt8] = [8, 0, 1, 0, 0, 0, 0, 0, 8, 0, 2, 0, 0, 0, 0, 0]
        let ports: [UInt8] = [
            5, 0, 1, 0, 17, 0, 0, 0, 6, 0, 2, 0, 0, 0, 0, 0, 6, 0, 3, 0, 0, 0, 0, 0,
        ]
        let tuple = [20, 0, 1, 0x80] + address + [28, 0, 2, 0x80] + ports
        let counters: [UInt8] =
            [12, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1] + [12, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 100]
        let body: [UInt8] =
            [2, 0, 0, 0] + [52, 0, 1, 0x80] + tuple + [52, 0, 2, 0x80] + tuple
            // IPS_SEEN_REPLY and IPS_SRC_NAT
            + [8, 0, 3, 0, 0, 0, 0, 0x12] + [8, 0, 7, 0, 0, 0, 0, 60]
            + [28, 0, 9, 0x80] + counters + [28, 0, 10, 0x80] + counters
            + [8, 0, 12, 0, 0, 0, 0, 0]
        // IPCTNL_MSG_CT_NEW of NFNL_SUBSYS_CTNETLINK, NLM_F_MULTI.
        return [UInt8(16 + body.count), 0, 0, 0, 0, 1, 2, 0] + [UInt8](repeating: 0, count: 8)
            + body
    }()
    /// Where a message has what differs from flow to flow.
    private enum Place {
        static let number = 8
        static let original = 20
        static let reply = 72
        static let id = 200
        /// Within a direction.
        static let source = 12
        static let destination = 20
        static let sourcePort = 40
        static let destinationPort = 48
    }

    /// Fills a buffer with as many flows as fit, or with the end of the telling.
    private func fill(_ buffer: UnsafeMutableRawBufferPointer) -> Int {
        state.withLock { state in
            let message = Self.message
            guard state.next < count else {
                buffer.copyBytes(from: [20, 0, 0, 0, 3, 0, 2, 0] + state.number)
                buffer.storeBytes(of: 0, toByteOffset: 12, as: UInt64.self)
                return 20
            }
            var end = 0
            message.withUnsafeBytes { message in
                while state.next < count, end + message.count <= buffer.count {
                    let place = UnsafeMutableRawBufferPointer(
                        rebasing: buffer[end..<end + message.count])
                    place.copyMemory(from: message)
                    for (offset, byte) in state.number.enumerated() {
                        place[Place.number + offset] = byte
                    }
                    put(state.next, into: place)
                    end += message.count
                    state.next += 1
                }
            }
            return end
        }
    }

    private func put(_ number: Int, into message: UnsafeMutableRawBufferPointer) {
        let isOfBusiest = number < ofBusiest
        let turn = isOfBusiest ? number : (number - ofBusiest) / others
        let host =
            isOfBusiest
            ? Self.busiest.rawValue
            : Self.firstOther.rawValue + UInt32((number - ofBusiest) % others)
        let peer = UInt32(0xc633_6401 + turn / 50_000)
        let port = UInt16(1024 + turn % 50_000)
        // Every flow has a port of its own towards its peer; where those would not do, another peer.
        func put(_ value: UInt32, _ place: Int) {
            message.storeBytes(of: value.bigEndian, toByteOffset: place, as: UInt32.self)
        }
        func put(_ value: UInt16, _ place: Int) {
            message.storeBytes(of: value.bigEndian, toByteOffset: place, as: UInt16.self)
        }
        put(host, Place.original + Place.source)
        put(peer, Place.original + Place.destination)
        put(port, Place.original + Place.sourcePort)
        put(UInt16(443), Place.original + Place.destinationPort)
        put(peer, Place.reply + Place.source)
        put(Self.egress.rawValue, Place.reply + Place.destination)
        put(UInt16(443), Place.reply + Place.sourcePort)
        put(UInt16(truncatingIfNeeded: number), Place.reply + Place.destinationPort)
        put(UInt32(number + 1), Place.id)
    }
}
