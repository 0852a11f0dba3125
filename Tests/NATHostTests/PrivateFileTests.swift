import Glibc
import NATModel
import Testing

@testable import NATHost

/// Files in a folder of this user's own, made for one test.
///
/// Under the home of this user, for what is in `/tmp` is in a folder others may write to.
@Suite(.enabled(if: PrivateFolder.isPossible, "the home folder is not this user's own"))
struct PrivateFileTests {
    @Test func `what is written is read again, and nobody else may read it`() throws {
        let folder = try PrivateFolder()
        let file = PrivateFile("\(folder.path)/state/natdeck/settings")
        #expect(try file.read() == nil)
        try file.write("one\n")
        try file.write("two\n")
        #expect(try file.read() == Array("two\n".utf8))
        #expect(folder.mode("state/natdeck/settings") == 0o600)
        #expect(folder.mode("state/natdeck") == 0o700)
        #expect(try SystemFiles().list("\(folder.path)/state/natdeck") == ["settings"])
    }

    @Test(arguments: ["", "state", "state/natdeck", "state/natdeck/settings"], [0o020, 0o002])
    func `what others may write to is neither read nor written`(
        place: String, bit: mode_t
    ) throws {
        let folder = try PrivateFolder()
        let file = PrivateFile("\(folder.path)/state/natdeck/settings")
        try file.write("mine\n")
        let path = place.isEmpty ? folder.path : "\(folder.path)/\(place)"
        chmod(path, folder.mode(place) | bit)
        #expect(throws: ReadFailure(path, "others may write to it")) { try file.read() }
        #expect(throws: ReadFailure(path, "others may write to it")) { try file.write("new\n") }
        chmod(path, folder.mode(place) & ~bit)
        #expect(try file.read() == Array("mine\n".utf8))
    }

    @Test(
        .enabled(if: geteuid() == 0, "needs root"),
        arguments: ["", "state", "state/natdeck", "state/natdeck/settings"])
    func `what is somebody else's is neither read nor written, also by root`(
        place: String
    ) throws {
        let folder = try PrivateFolder()
        let file = PrivateFile("\(folder.path)/state/natdeck/settings")
        try file.write("mine\n")
        let path = place.isEmpty ? folder.path : "\(folder.path)/\(place)"
        try #require(chown(path, 12345, 12345) == 0)
        #expect(throws: ReadFailure(path, "belongs to somebody else")) { try file.read() }
        #expect(throws: ReadFailure(path, "belongs to somebody else")) { try file.write("new\n") }
        chown(path, 0, 0)
        #expect(try file.read() == Array("mine\n".utf8))
    }

    @Test func `no link is followed, neither to the file nor on the way`() throws {
        let folder = try PrivateFolder()
        try PrivateFile("\(folder.path)/real/settings").write("mine\n")
        symlink("\(folder.path)/real", "\(folder.path)/link")
        symlink("\(folder.path)/real/settings", "\(folder.path)/real/alias")
        for path in ["link/settings", "real/alias", "real/../real/settings"] {
            let file = PrivateFile("\(folder.path)/\(path)")
            #expect(throws: ReadFailure.self) { try file.read() }
            #expect(throws: ReadFailure.self) { try file.write("new\n") }
        }
        #expect(try PrivateFile("\(folder.path)/real/settings").read() == Array("mine\n".utf8))
    }

    @Test func `a pipe or a folder in its place blocks nothing and stays`() throws {
        let folder = try PrivateFolder()
        mkfifo("\(folder.path)/pipe", 0o600)
        mkdir("\(folder.path)/folder", 0o700)
        for name in ["pipe", "folder"] {
            let file = PrivateFile("\(folder.path)/\(name)")
            #expect(throws: ReadFailure.self) { try file.read() }
            #expect(throws: ReadFailure.self) { try file.write("new\n") }
        }
        #expect(try SystemFiles().list(folder.path)?.sorted() == ["folder", "pipe"])
    }

    @Test func `a file without end is not read`() throws {
        let folder = try PrivateFolder()
        let file = PrivateFile("\(folder.path)/settings")
        try file.write(String(repeating: "x", count: 65_537))
        #expect(throws: ReadFailure(file.path, "too long")) { try file.read() }
    }

    @Test func `its place is what the base directory specification says`() throws {
        func path(_ variables: [String: String]) throws(ReadFailure) -> String {
            try PrivateFile.inState("settings") { variables[$0] }.path
        }
        #expect(try path(["XDG_STATE_HOME": "/x", "HOME": "/h"]) == "/x/natdeck/settings")
        #expect(try path(["HOME": "/h"]) == "/h/.local/state/natdeck/settings")
        #expect(
            try path(["XDG_STATE_HOME": "x", "HOME": "/h"]) == "/h/.local/state/natdeck/settings")
        #expect(throws: ReadFailure.self) { try path([:]) }
    }
}
