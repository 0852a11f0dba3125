import NATModel

extension Topology {
    /// What cloud-init would have written about the cloud. Source: `cloud-id`(1).
    var cloudID: String {
        guard hasMetadata else { return "nocloud" }
        switch cloud {
        case .aws: return "aws"
        case .azure: return "azure"
        case .google: return "gce"
        }
    }

    /// What Azure would tell. The first interface has a public address of the basic kind, all others
    /// of the standard kind, which stand in the load balancer's document alone.
    var azureDocuments: [String: String] {
        let told = interfaces.enumerated().map { number, interface in
            let pairs = interface.addresses.map { address in
                let seen = number == 0 ? address.publicAddress?.description ?? "" : ""
                return #"{"privateIpAddress":"\#(address.privateAddress)","#
                    + #""publicIpAddress":"\#(seen)"}"#
            }
            let mac = interface.mac.split(separator: ":").joined().uppercased()
            let subnet = interface.subnet ?? .all
            return #"{"ipv4":{"ipAddress":[\#(pairs.joined(separator: ","))],"subnet":[{"address":"#
                + #""\#(subnet.network)","prefix":"\#(subnet.length)"}]},"ipv6":{"ipAddress":[]},"#
                + #""macAddress":"\#(mac)"}"#
        }
        let balanced = interfaces.dropFirst().flatMap(\.addresses).compactMap { address in
            address.publicAddress.map {
                #"{"frontendIpAddress":"\#($0)","privateIpAddress":"\#(address.privateAddress)"}"#
            }
        }
        return [
            "azure/instance/network": #"{"interface":[\#(told.joined(separator: ","))]}"#,
            "azure/loadbalancer": #"{"loadbalancer":{"publicIpAddresses":["#
                + balanced.joined(separator: ",") + #"],"inboundRules":[],"outboundRules":[]}}"#,
        ]
    }

    /// What Google would tell, which knows one address of an interface.
    var googleDocuments: [String: String] {
        let told = interfaces.map { interface in
            let first = interface.addresses.first
            let seen = first?.publicAddress.map { #"{"externalIp":"\#($0)","type":"NAT"}"# } ?? ""
            let mask = IPv4Address(
                rawValue: UInt32.max << UInt32(32 - (interface.subnet ?? .all).length))
            return #"{"accessConfigs":[\#(seen)],"gateway":"\#(interface.gateway)","ip":"#
                + #""\#(first?.privateAddress.description ?? "")","mac":"\#(interface.mac)","#
                + #""mtu":1460,"subnetmask":"\#(mask)"}"#
        }
        return [
            "google/instance/network-interfaces": "[\(told.joined(separator: ","))]"
        ]
    }
}
