import NATParse
import Testing

@Suite struct PasswdFileTests {
    private static let file = Array(
        """
        root:x:0:0:root:/root:/bin/bash
        # a line of somebody's
        :x:7:7::/:/bin/false
        ec2-user:x:1000:1000:EC2 Default User:/home/ec2-user:/bin/bash
        twice:x:1000:1000::/:/bin/sh
        +::::::
        """.utf8)

    @Test(arguments: [(0, "root"), (1000, "ec2-user"), (7, nil), (42, nil)] as [(UInt32, String?)])
    func `a user has the login of the first line with that number`(user: UInt32, login: String?) {
        #expect(PasswdFile.login(of: user, in: Self.file) == login)
    }
}
