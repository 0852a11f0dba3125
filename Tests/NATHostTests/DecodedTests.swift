import Synchronization
import Testing

@testable import NATHost

@Suite struct DecodedTests {
    @Test func `decodes again only what has changed`() {
        let decoded = Decoded<Int>()
        let count = Mutex(0)
        func value(_ bytes: [UInt8]) -> Int {
            decoded.value(of: bytes) { bytes in
                count.withLock { $0 += 1 }
                return bytes.count
            }
        }
        #expect([value([1]), value([1]), value([2, 3]), value([1])] == [1, 1, 2, 1])
        #expect(count.withLock(\.self) == 3)
    }

    @Test func `what could not be decoded is tried again`() throws {
        struct Malformed: Error {}
        let decoded = Decoded<Int>()
        #expect(throws: Malformed.self) {
            try decoded.value(of: [1]) { _ throws(Malformed) in throw Malformed() }
        }
        #expect(decoded.value(of: [1]) { $0.count } == 1)
    }
}
