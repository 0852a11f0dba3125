/// The nat tables that programs make which are met on NAT boxes, in the form of iptables-save(8).
///
/// Each has the chains and the kinds of rules that its program makes, with names and addresses of our
/// own. Public collections of real ones were read the same way, see Tests/bench/tables.
enum ManagedTables {
    /// The tables, by who makes them.
    static let all: [(program: String, rules: [String])] = [
        (
            "docker",
            [
                ":DOCKER - [0:0]",
                "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
                "-A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER",
                "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
                "-A POSTROUTING -s 172.18.0.2/32 -d 172.18.0.2/32 -p tcp -m tcp --dport 80 -j MASQUERADE",
                "-A DOCKER -i docker0 -j RETURN",
                "-A DOCKER ! -i br-1 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.18.0.2:80",
            ]
        ),
        (
            "kube-proxy",
            [
                ":KUBE-SERVICES - [0:0]", ":KUBE-POSTROUTING - [0:0]", ":KUBE-MARK-MASQ - [0:0]",
                ":KUBE-NODEPORTS - [0:0]", ":KUBE-SVC-A - [0:0]", ":KUBE-SEP-A - [0:0]",
                ":KUBE-SEP-B - [0:0]", ":FLANNEL-POSTRTG - [0:0]",
                "-A PREROUTING -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES",
                "-A OUTPUT -m comment --comment \"kubernetes service portals\" -j KUBE-SERVICES",
                "-A POSTROUTING -m comment --comment \"kubernetes postrouting rules\" -j KUBE-POSTROUTING",
                "-A POSTROUTING -j FLANNEL-POSTRTG",
                "-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000",
                "-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN",
                "-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0",
                "-A KUBE-POSTROUTING -j MASQUERADE --random-fully",
                "-A KUBE-SERVICES -d 10.96.0.10/32 -p udp -m udp --dport 53 -j KUBE-SVC-A",
                "-A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODEPORTS",
                "-A KUBE-SVC-A ! -s 10.244.0.0/16 -d 10.96.0.10/32 -p udp -m udp --dport 53 -j KUBE-MARK-MASQ",
                "-A KUBE-SVC-A -m statistic --mode random --probability 0.50000000000 -j KUBE-SEP-A",
                "-A KUBE-SVC-A -j KUBE-SEP-B",
                "-A KUBE-SEP-A -s 10.244.0.2/32 -j KUBE-MARK-MASQ",
                "-A KUBE-SEP-A -p udp -m udp -j DNAT --to-destination 10.244.0.2:53",
                "-A KUBE-SEP-B -p udp -m udp -j DNAT --to-destination 10.244.0.3:53",
                "-A FLANNEL-POSTRTG -s 10.244.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE",
            ]
        ),
        (
            "firewalld",
            [
                ":POSTROUTING_direct - [0:0]", ":POSTROUTING_ZONES - [0:0]",
                ":POST_external - [0:0]",
                ":POST_external_log - [0:0]", ":POST_external_allow - [0:0]",
                ":POST_internal - [0:0]",
                "-A POSTROUTING -j POSTROUTING_direct", "-A POSTROUTING -j POSTROUTING_ZONES",
                "-A POSTROUTING_ZONES -o eth0 -g POST_external",
                "-A POSTROUTING_ZONES -o lan0 -g POST_internal",
                "-A POSTROUTING_ZONES -g POST_external",
                "-A POST_external -j POST_external_log", "-A POST_external -j POST_external_allow",
                "-A POST_external_allow ! -o lo -j MASQUERADE",
            ]
        ),
        (
            "ufw",
            [
                ":ufw-user-nat - [0:0]", "-A POSTROUTING -s 10.8.0.0/8 -o eth0 -j MASQUERADE",
                "-A PREROUTING -i eth0 -p tcp -m multiport --dports 80,443 -j ufw-user-nat",
                "-A ufw-user-nat -j DNAT --to-destination 10.8.0.9",
            ]
        ),
        (
            "shorewall",
            [
                ":eth0_masq - [0:0]", ":excl0 - [0:0]", ":net_dnat - [0:0]",
                "-A PREROUTING -i eth0 -j net_dnat", "-A POSTROUTING -o eth0 -j eth0_masq",
                "-A net_dnat -p tcp -m tcp --dport 25 -m comment --comment \"mail\" -j DNAT --to-destination 10.1.1.2",
                "-A net_dnat -p tcp -m tcp --dport 2222 -j LOG --log-prefix \"Shorewall:dnat \" --log-level 6",
                "-A eth0_masq -s 10.1.1.0/24 -m policy --dir out --pol none -j excl0",
                "-A eth0_masq -s 10.1.2.0/24 -j SNAT --to-source 192.0.2.2-192.0.2.5",
                "-A excl0 -d 10.9.0.0/16 -j RETURN", "-A excl0 -j SNAT --to-source 192.0.2.2",
            ]
        ),
        (
            "libvirt",
            [
                ":LIBVIRT_PRT - [0:0]", "-A POSTROUTING -j LIBVIRT_PRT",
                "-A LIBVIRT_PRT -s 192.168.122.0/24 -d 224.0.0.0/24 -j RETURN",
                "-A LIBVIRT_PRT -s 192.168.122.0/24 -d 255.255.255.255/32 -j RETURN",
                "-A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -p tcp -j MASQUERADE --to-ports 1024-65535",
                "-A LIBVIRT_PRT -s 192.168.122.0/24 ! -d 192.168.122.0/24 -j MASQUERADE",
            ]
        ),
        (
            "tailscale",
            [
                ":ts-postrouting - [0:0]", "-A POSTROUTING -j ts-postrouting",
                "-A ts-postrouting -m mark --mark 0x40000/0xff0000 -j MASQUERADE",
            ]
        ),
        (
            "fail2ban",
            [
                ":f2b-web - [0:0]",
                "-A PREROUTING -p tcp -m multiport --dports 80,443 -j f2b-web",
                "-A f2b-web -s 198.51.100.7/32 -p tcp -j REDIRECT --to-ports 81",
                "-A f2b-web -j RETURN",
            ]
        ),
        (
            "openvpn",
            [
                "-A POSTROUTING -s 10.8.0.0/24 ! -d 10.8.0.0/24 -j SNAT --to-source 192.0.2.2",
                "-A POSTROUTING -s 10.8.1.0/24 -o eth0 -j MASQUERADE",
            ]
        ),
        (
            "wg-quick",
            [
                "-A POSTROUTING -o eth0 -m comment --comment \"wg-quick(8) rule for wg0\" -j MASQUERADE"
            ]
        ),
        (
            "miniupnpd",
            [
                ":MINIUPNPD - [0:0]", ":MINIUPNPD-POSTROUTING - [0:0]",
                "-A PREROUTING -i eth0 -j MINIUPNPD",
                "-A POSTROUTING -o eth0 -j MINIUPNPD-POSTROUTING",
                "-A MINIUPNPD -p udp -m udp --dport 4500 -j DNAT --to-destination 10.0.0.4:4500",
                "-A MINIUPNPD-POSTROUTING -s 10.0.0.4/32 -p udp -m udp --sport 4500 -j MASQUERADE --to-ports 4500",
            ]
        ),
        (
            "strongswan",
            [
                "-A POSTROUTING -s 10.3.0.0/16 -d 10.4.0.0/16 -m policy --dir out --pol ipsec -j ACCEPT",
                "-A POSTROUTING -s 10.3.0.0/16 -o eth0 -j MASQUERADE",
            ]
        ),
        (
            "podman",
            [
                ":NETAVARK-HOSTPORT-SETMARK - [0:0]", ":NETAVARK-1 - [0:0]",
                "-A PREROUTING -p tcp -m tcp --dport 9 -j NETAVARK-HOSTPORT-SETMARK",
                "-A POSTROUTING -s 10.88.0.0/16 -j NETAVARK-1",
                "-A NETAVARK-HOSTPORT-SETMARK -j MARK --set-xmark 0x2000/0x2000",
                "-A NETAVARK-1 -d 10.88.0.0/16 -j ACCEPT",
                "-A NETAVARK-1 ! -d 224.0.0.0/4 -j MASQUERADE",
            ]
        ),
        (
            "lxc", ["-A POSTROUTING -s 10.0.3.0/24 ! -d 10.0.3.0/24 -j MASQUERADE"]
        ),
        (
            "openwrt",
            [
                ":zone_wan_postrouting - [0:0]", ":postrouting_wan_rule - [0:0]",
                "-A POSTROUTING -o eth0 -m comment --comment \"!fw3\" -j zone_wan_postrouting",
                "-A zone_wan_postrouting -m comment --comment \"!fw3: user chain\" -j postrouting_wan_rule",
                "-A zone_wan_postrouting -m comment --comment \"!fw3\" -j MASQUERADE",
            ]
        ),
        (
            "proxy",
            [
                "-A OUTPUT -o lo -j ACCEPT",
                "-A OUTPUT -m owner --uid-owner 109 -j ACCEPT",
                "-A OUTPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j REDIRECT --to-ports 9040",
                "-A PREROUTING -i lan0 -p udp -m udp --dport 53 -j REDIRECT --to-ports 5353",
            ]
        ),
        (
            "provider",
            [
                "-A PREROUTING -d 203.0.113.9/32 -j DNAT --to-destination 10.5.0.9",
                "-A POSTROUTING -s 10.5.0.9/32 -o eth+ -j SNAT --to-source 203.0.113.9 --persistent",
                "-A POSTROUTING -s 10.6.0.0/16 -o eth0 -j NETMAP --to 100.64.0.0/16",
                "-A POSTROUTING -m iprange --src-range 10.7.0.1-10.7.0.99 -m time --timestart 01:00:00 --timestop 05:00:00 -j MASQUERADE",
                "-A POSTROUTING -o eth0 -m statistic --mode nth --every 2 --packet 0 -j SNAT --to-source 203.0.113.10",
                "-A POSTROUTING",
            ]
        ),
    ]
}
