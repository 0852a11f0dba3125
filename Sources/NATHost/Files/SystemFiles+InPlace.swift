public import NATModel

#if canImport(Glibc)
    import Glibc
#endif

extension SystemFiles {
    /// Writes into the file that is there, with one pwrite(2), and makes no other.
    public func overwrite(_ path: String, with text: String) throws(ReadFailure) {
        let file = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)
        guard file >= 0 else { throw ReadFailure(path, String(cString: strerror(errno))) }
        defer { close(file) }
        let bytes = Array(text.utf8)
        let count = pwrite(file, bytes, bytes.count, 0)
        guard count == bytes.count else {
            throw ReadFailure(path, String(cString: strerror(count < 0 ? errno : EIO)))
        }
        // Files of the kernel such as /proc/sys are on no disk, and say EINVAL.
        if fdatasync(file) != 0, errno != EINVAL {
            throw ReadFailure(path, String(cString: strerror(errno)))
        }
    }
}
