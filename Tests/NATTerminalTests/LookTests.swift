import NATDashboard
import NATTerminal
import Testing

/// What stands in for colours and characters a terminal lacks.
struct LookTests {
    @Test func `every character has one of ASCII in its place`() {
        for value in UInt32(0x20)...0x2fff {
            guard let scalar = Unicode.Scalar(value) else { continue }
            #expect((0x20...0x7e).contains(scalar.asciiFallback.value))
        }
        let text = "●▸✓✗ ─│┌┼┘ ▁▄█ …–→µ"
        let fallback = text.unicodeScalars.map { String($0.asciiFallback) }.joined()
        #expect(fallback == "*>vx -|+++ .=# .->u")
    }

    @Test func `bars of different height differ without Unicode`() {
        let bars = "▁▂▃▄▅▆▇█".unicodeScalars.map(\.asciiFallback)
        #expect(Set(bars).count == 8)
    }

    @Test func `what is wrong stands out on every terminal`() {
        for colors in [0, 8, 16, 256] {
            let bad = Theme.standard[.bad].resolved(colors: colors)
            let normal = Theme.standard[.normal].resolved(colors: colors)
            #expect(bad.looks != normal.looks)
            #expect(normal.foreground == nil)
        }
    }

    @Test func `neither plain blue nor bold yellow is used`() {
        for role in Style.Role.allCases {
            let paint = Theme.standard[role]
            #expect(paint.basic != .blue)
            #expect(paint.basic != .yellow || !paint.basicLooks.contains(.bold))
        }
    }
}
