import CHost
import Subprocess
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

/// A file in memory that a child reads from or writes to: nobody has to read along with it.
///
/// Child and parent share one offset, which is where the child's writing ended. Source:
/// memfd_create(2), `F_SEAL_GROW` of fcntl(2).
struct MemoryFile: ~Copyable {
    private let descriptor: FileDescriptor
    private let limit: Int

    private init(_ descriptor: FileDescriptor, limit: Int) {
        self.descriptor = descriptor
        self.limit = limit
    }

    /// A new file with this in it, to be read from its beginning.
    static func holding(_ text: String) throws(Errno) -> MemoryFile {
        let bytes = Array(text.utf8)
        let file = try MemoryFile.empty(limit: bytes.count)
        guard pwrite(file.descriptor.rawValue, bytes, bytes.count, 0) == bytes.count else {
            throw Errno(rawValue: errno)
        }
        return file
    }

    /// A new file that takes so many bytes.
    static func empty(limit: Int) throws(Errno) -> MemoryFile {
        let descriptor = nd_memory_file(Int64(limit))
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        return MemoryFile(FileDescriptor(rawValue: descriptor), limit: limit)
    }

    // In memory there is nothing that a failure could lose.
    deinit { try? descriptor.close() }

    /// What a child is given to read from.
    var input: FileDescriptorInput {
        .fileDescriptor(descriptor, closeAfterSpawningProcess: false)
    }

    /// What a child is given to write to.
    var output: FileDescriptorOutput {
        .fileDescriptor(descriptor, closeAfterSpawningProcess: false)
    }

    /// All that was written into it; throws where that may not be all there was to write.
    func contents() throws(Errno) -> [UInt8] {
        let size = Int(lseek(descriptor.rawValue, 0, SEEK_CUR))
        guard size >= 0 else { throw Errno(rawValue: errno) }
        guard size < limit else { throw Errno.fileTooLarge }
        let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            count = max(pread(descriptor.rawValue, buffer.baseAddress, buffer.count, 0), 0)
        }
        guard bytes.count == size else { throw Errno.ioError }
        return bytes
    }
}
