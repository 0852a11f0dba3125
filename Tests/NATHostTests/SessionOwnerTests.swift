import NATModel
import NATTesting
import Testing

@testable import NATHost

#if canImport(Glibc)
    import Glibc
#endif

/// Who stands behind a process, and behind what the kernel announces.
@Suite struct SessionOwnerTests {
    /// `ip` (900002) that bash (900001) runs for ada, who came by SSH and became root.
    private static func host(loginuid: String = "1000") -> FakeHost {
        let fake = FakeHost(.scenario)
        fake.box.files["/etc/passwd"] =
            "root:x:0:0:root:/root:/bin/bash\nada:x:1000:1000::/home/ada:/bin/bash\n"
        func process(_ number: Int, _ name: String, parent: Int, user: Int, _ environment: String) {
            let rest = Array(repeating: "0", count: 17).joined(separator: " ")
            fake.box.files["/proc/\(number)/stat"] = "\(number) (\(name)) S \(parent) \(rest) 7 0\n"
            fake.box.files["/proc/\(number)/status"] =
                "Name:\t\(name)\nUid:\t\(user)\t0\t0\t0\n"
            fake.box.files["/proc/\(number)/loginuid"] = loginuid
            fake.box.files["/proc/\(number)/environ"] = environment
        }
        process(900_002, "ip", parent: 900_001, user: 0, "PATH=/sbin\0")
        process(900_001, "bash", parent: 900_000, user: 0, "HOME=/root\0")
        process(
            900_000, "bash", parent: 1, user: 1000,
            "HOME=/home/ada\0SSH_CONNECTION=198.51.100.7 50222 10.0.0.1 22\0")
        return fake
    }

    @Test func `the login and the address of its session are told, whatever it became since`() {
        let owner = SessionOwner(files: Self.host())
        #expect(owner.loginName(of: "900002") == "ada")
        #expect(owner.userName(of: "900002") == "root")
        #expect(owner.sshPeer(above: 900_002) == IPv4Address("198.51.100.7"))
        #expect(owner.loginName(of: "900009") == nil)
        #expect(owner.userName(of: "900009") == nil)
        #expect(owner.sshPeer(above: 900_009) == nil)
    }

    @Test func `a user that nothing names is told by number`() {
        let fake = Self.host()
        fake.box.files["/etc/passwd"] = "ada:x:1000:1000::/home/ada:/bin/bash\n"
        #expect(SessionOwner(files: fake).userName(of: "900002") == "uid 0")
    }

    @Test func `whoever changes the kernel is told with login and address`() {
        let authors = KernelAuthors(files: Self.host())
        let author = authors.author(900_002)
        #expect(
            author.description
                == "ip (process 900002), started by bash, ada from 198.51.100.7")
        // Nobody has logged in: the user it runs as is told.
        let daemon = KernelAuthors(files: Self.host(loginuid: "4294967295")).author(900_002)
        #expect(daemon.user == "root")
        #expect(authors.author(900_009).description == "process 900009, which has ended")
        #expect(authors.author(900_009).brief == "a program that has ended")
    }

    @Test func `a process that ends while it is asked for is told as far as it was seen`() {
        for path in ["/proc/900002/loginuid", "/proc/900002/status"] {
            let fake = Self.host(loginuid: path.hasSuffix("status") ? "4294967295" : "1000")
            fake.box.fleeting = [path]
            let author = KernelAuthors(files: fake).author(900_002)
            #expect(author.name == "ip")
            #expect(author.user == (path.hasSuffix("status") ? "root" : "ada"))
        }
    }

    @Test func `what natdeck does is its own`() {
        let authors = KernelAuthors(files: Self.host())
        #expect(authors.author(UInt32(bitPattern: getpid())).isOwn)
        #expect(authors.author(0).description == "the kernel")
    }
}
