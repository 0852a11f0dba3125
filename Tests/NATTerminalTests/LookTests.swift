import Glibc
import NATScreen
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

    @Test(arguments: ThemeName.allCases, [8, 256])
    func `no two roles look the same where there are colours`(name: ThemeName, colors: Int) {
        let looks = Style.Role.allCases.map { Theme.named(name)[$0].resolved(colors: colors) }
        if name == .highContrast, colors == 8 {
            // White on black is all there is for text of lesser weight too.
            #expect(Set(looks).count == looks.count - 1)
        } else {
            #expect(Set(looks).count == looks.count)
        }
    }

    @Test(arguments: [ThemeName.highContrast, .colourBlind])
    func `no two roles are told apart by hue alone`(name: ThemeName) {
        let looks = Style.Role.allCases.map { Theme.named(name)[$0].resolved(colors: 256) }
        for (index, one) in looks.enumerated() {
            for other in looks[(index + 1)...] {
                #expect(Grey.differ(one, other), "\(one) and \(other)")
            }
        }
    }

    @Test(arguments: ThemeName.allCases, [0, 8, 256])
    func `what is well and what is not differ without hue`(name: ThemeName, colors: Int) {
        let theme = Theme.named(name)
        let good = theme[.good].resolved(colors: colors)
        let bad = theme[.bad].resolved(colors: colors)
        #expect(good.looks != bad.looks)
    }

    @Test func `high contrast is seven to one, on a background of its own`() throws {
        for role in Style.Role.allCases {
            let look = Theme.named(.highContrast)[role].resolved(colors: 256)
            let foreground = Grey.luminance(try #require(look.foreground))
            let background = Grey.luminance(try #require(look.background))
            #expect(Grey.contrast(foreground, background) >= 7, "\(role)")
        }
    }

    @Test(arguments: [ThemeName.standard, .colourBlind])
    func `the others are readable on black and on white`(name: ThemeName) {
        for role in Style.Role.allCases {
            let look = Theme.named(name)[role].resolved(colors: 256)
            #expect(look.background == nil)
            guard let foreground = look.foreground.map(Grey.luminance) else { continue }
            #expect(Grey.contrast(foreground, 0) >= 3.7, "\(role)")
            #expect(Grey.contrast(foreground, 1) >= 3.7, "\(role)")
        }
    }

    @Test func `without colour a theme has none`() {
        for name in ThemeName.allCases {
            for role in Style.Role.allCases {
                let look = Theme.named(name)[role].resolved(colors: 0)
                #expect(look.foreground == nil && look.background == nil)
            }
        }
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

/// Colours as somebody sees them who sees none.
private enum Grey {
    /// Relative luminance of one of the 256 colours, 0 to 1 (WCAG 2), those that every palette
    /// defines alike: 16 and above.
    static func luminance(_ color: Int) -> Double {
        let channels =
            color < 232
            ? [36, 6, 1].map { (color - 16) / $0 % 6 }.map { $0 == 0 ? 0 : 55 + 40 * $0 }
            : Array(repeating: 8 + 10 * (color - 232), count: 3)
        let linear = channels.map { channel -> Double in
            let value = Double(channel) / 255
            return value <= 0.03928 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4)
        }
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    }

    /// Contrast of two luminances, 1 to 21 (WCAG 2).
    static func contrast(_ one: Double, _ other: Double) -> Double {
        (max(one, other) + 0.05) / (min(one, other) + 0.05)
    }

    /// Whether two looks differ in more than hue.
    static func differ(_ one: Theme.Look, _ other: Theme.Look) -> Bool {
        if one.looks != other.looks { return true }
        for (left, right) in [
            (one.foreground, other.foreground), (one.background, other.background),
        ] {
            switch (left, right) {
            case (nil, nil): continue
            case (.some(let left), .some(let right)):
                if contrast(luminance(left), luminance(right)) >= 1.15 { return true }
            // The terminal's own colour is at one end, and these are not.
            default: return true
            }
        }
        return false
    }
}
