/// A host on a link of the box that the kernel has an address for.
///
/// Source: `/proc/net/arp`. See proc(5).
public struct Neighbour: Hashable, Codable, Sendable {
    /// Its address.
    public var address: IPv4Address
    /// The interface it was seen on.
    public var interface: String
    /// Its hardware address in lower case with colons.
    public var mac: String

    /// A host seen on this interface.
    public init(address: IPv4Address, interface: String, mac: String) {
        self.address = address
        self.interface = interface
        self.mac = mac
    }
}
