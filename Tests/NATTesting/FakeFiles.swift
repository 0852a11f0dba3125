import NATHost
import NATModel
import Synchronization

extension FakeHost: HostFiles {
    package func read(_ path: String) throws(ReadFailure) -> [UInt8]? {
        let box = self.box
        if box.fleeting.contains(path) { state.withLock { $0.box.files[path] = nil } }
        if box.unreadable.contains(path) { throw ReadFailure(path, "Permission denied") }
        let text: String? =
            switch path {
            case "/proc/net/dev": Self.counters(box)
            case "/proc/net/arp": "IP address       HW type     Flags       HW address\n"
            case "/proc/net/ip_tables_names":
                box.nat[.legacy].map { $0.contains { !$0.rules.isEmpty } ? "nat\n" : "filter\n" }
            case "/proc/sys/kernel/random/boot_id", "/proc/sys/kernel/osrelease": box.files[path]
            case _ where path.hasPrefix("/proc/sys/"):
                box.sysctls[Self.parameter(path.dropFirst(10))].map { "\($0)\n" }
            case _ where Self.isNotes(path): state.withLock { $0.notes[path] } ?? box.files[path]
            default: box.files[path]
            }
        return text.map { Array($0.utf8) }
    }

    package func size(_ path: String) throws(ReadFailure) -> Int? { try read(path)?.count }

    package func read(_ path: String, after offset: Int) throws(ReadFailure) -> [UInt8] {
        Array(try read(path)?.dropFirst(offset) ?? [])
    }

    package func write(
        _ contents: String, to path: String, mode: UInt32
    ) throws(ReadFailure) {
        if Self.isNotes(path) { return try note(path) { $0.notes[path] = contents } }
        try change("write \(path)", path) { $0.files[path] = contents }
    }

    package func overwrite(_ path: String, with text: String) throws(ReadFailure) {
        if Self.isNotes(path) {
            return try note(path) { state in
                let rest = (state.notes[path] ?? "").utf8.dropFirst(text.utf8.count)
                state.notes[path] = text + String(decoding: Array(rest), as: UTF8.self)
            }
        }
        guard path.hasPrefix("/proc/sys/"), let value = Int(text.filter { $0 != "\n" }),
            box.sysctls[Self.parameter(path.dropFirst(10))] != nil
        else { throw ReadFailure(path, "No such file or directory") }
        try change("sysctl -w \(path.dropFirst(10))=\(value)", path) {
            $0.sysctls[Self.parameter(path.dropFirst(10))] = value
        }
    }

    package func checkReplaceable(_ path: String) throws(ReadFailure) { try note(path) { _ in } }

    package func move(_ path: String, to other: String) throws(ReadFailure) {
        try note(other) {
            $0.notes[other] = $0.notes[path]
            $0.notes[path] = nil
        }
    }

    package func link(_ path: String) -> String? { nil }

    package func isFolder(_ path: String) -> Bool { false }

    package func list(_ directory: String) throws(ReadFailure) -> [String]? {
        let box = self.box
        if box.unreadable.contains(directory) {
            throw ReadFailure(directory, "Permission denied")
        }
        let names = box.files.keys.filter { $0.hasPrefix(directory + "/") }
            .map { $0.dropFirst(directory.count + 1) }.filter { !$0.contains("/") }
        return names.isEmpty ? nil : names.map(String.init)
    }

    package func append(_ line: String, to path: String) throws(ReadFailure) {
        try note(path) { $0.notes[path, default: ""] += line + "\n" }
    }

    package func checkAppendable(_ bytes: Int, to path: String) throws(ReadFailure) {
        try note(path) { _ in }
    }

    package func lock(_ path: String, holder: String) throws(FileLock.Refusal) -> FileLock {
        try state.withLock { state throws(FileLock.Refusal) in
            if let other = state.locks[path] { throw .held(by: other) }
            state.locks[path] = holder
        }
        return FileLock { [self] in state.withLock { $0.locks[path] = nil } }
    }

    package func isLocked(_ path: String) -> Bool {
        state.withLock { $0.locks[path] != nil || $0.box.locked.contains(path) }
    }

    /// What natdeck writes down about its changes is no part of the box.
    private static func isNotes(_ path: String) -> Bool {
        path.hasPrefix("/run/natdeck/") || path.hasPrefix("/var/log/natdeck/")
            || path.hasPrefix("/etc/natdeck/")
    }

    private func note(_ path: String, _ body: (inout State) -> Void) throws(ReadFailure) {
        try state.withLock { state throws(ReadFailure) in
            if state.unwritable.contains(path) {
                throw ReadFailure(path, "No space left on device")
            }
            body(&state)
        }
    }

    package func remove(_ path: String) throws(ReadFailure) {
        if Self.isNotes(path) { return state.withLock { $0.notes[path] = nil } }
        try change("rm \(path)", path) { $0.files[path] = nil }
    }

    private func change(
        _ line: String, _ path: String, _ body: (inout FakeBox) -> Void
    ) throws(ReadFailure) {
        try state.withLock { state throws(ReadFailure) in
            if state.beginChange(line) != nil { throw ReadFailure(path, "told to fail") }
            body(&state.box)
        }
    }

    /// `net/ipv4/conf/eth0.100/rp_filter` as the model names it.
    static func parameter(_ path: some StringProtocol) -> String {
        path.split(separator: "/").joined(separator: ".")
    }

    private static func counters(_ box: FakeBox) -> String {
        let rows = box.interfaces.map { "\($0.name): 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0" }
        return (["Inter-|   Receive", " face |bytes"] + rows).joined(separator: "\n") + "\n"
    }
}

extension FakeHost: MetadataSource {
    package func interfaces(macs: [String]) async throws(ReadFailure) -> [CloudInterface] {
        guard let cloud = box.cloud else {
            throw ReadFailure("cloud metadata at 169.254.169.254", "no answer in 1 s")
        }
        return cloud.filter { macs.contains($0.mac) }
    }
}
