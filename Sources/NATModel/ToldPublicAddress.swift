/// What the operator says of a public address, on a line of `/etc/natdeck/public-addresses`.
///
/// It is for boxes that nobody else tells it, and wins over whatever else is told.
public struct ToldPublicAddress: Hashable, Codable, Sendable {
    /// The file.
    public static let path = "/etc/natdeck/public-addresses"

    /// What is seen by the address.
    public var subject: Subject
    /// The address the outside sees.
    public var address: IPv4Address

    /// What a public address belongs to.
    public enum Subject: Hashable, Codable, Sendable, CustomStringConvertible {
        /// An address of the box itself.
        case address(IPv4Address)
        /// The first address of this interface.
        case interface(String)

        /// The address or the name, as the file has it.
        public var description: String {
            switch self {
            case .address(let address): address.description
            case .interface(let name): name
            }
        }
    }

    /// A line that says so.
    public init(_ subject: Subject, _ address: IPv4Address) {
        self.subject = subject
        self.address = address
    }
}

extension Snapshot {
    /// What the operator's file says of this interface; empty where it says nothing.
    func toldPublicAddresses(of interface: Interface) -> [PublicAddress] {
        ((publicAddressFile.value ?? nil) ?? []).compactMap { told in
            switch told.subject {
            case .interface(interface.name):
                PublicAddress(
                    told.address, privateAddress: interface.addresses.first?.address, source: .file)
            case .address(let own) where interface.addresses.contains { $0.address == own }:
                PublicAddress(told.address, privateAddress: own, source: .file)
            case .address, .interface: nil
            }
        }
    }
}
