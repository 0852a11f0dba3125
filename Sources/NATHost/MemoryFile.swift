import CHost
import Subprocess
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// A file in memory that a child reads from or writes to: nobody has to read along with it.
///
/// Source: memfd_create(2).
struct MemoryFile: ~Copyable {
    private let descriptor: FileDescriptor

    private init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }

    /// A new file with this in it, to be read from its beginning.
    static func holding(_ text: String = "") throws(Errno) -> MemoryFile {
        let descriptor = nd_memory_file()
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        let file = MemoryFile(FileDescriptor(rawValue: descriptor))
        let bytes = Array(text.utf8)
        guard pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw Errno(rawValue: errno)
        }
        return file
    }

    deinit { try? descriptor.close() }

    /// What a child is given to read from.
    var input: FileDescriptorInput {
        .fileDescriptor(descriptor, closeAfterSpawningProcess: false)
    }

    /// What a child is given to write to.
    var output: FileDescriptorOutput {
        .fileDescriptor(descriptor, closeAfterSpawningProcess: false)
    }

    /// All that is in it.
    func contents() throws(Errno) -> [UInt8] {
        let size = lseek(descriptor.rawValue, 0, SEEK_END)
        guard size >= 0 else { throw Errno(rawValue: errno) }
        guard size > 0 else { return [] }
        return [UInt8](unsafeUninitializedCapacity: Int(size)) { buffer, count in
            count = max(pread(descriptor.rawValue, buffer.baseAddress, buffer.count, 0), 0)
        }
    }
}
