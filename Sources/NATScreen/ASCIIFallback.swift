extension Unicode.Scalar {
    /// The ASCII character that stands in for this one where the terminal has no other.
    ///
    /// It takes one cell, as every character but the wide ones does; those leave their right half
    /// to the caller. What has no likeness becomes `?`.
    package var asciiFallback: Unicode.Scalar {
        switch value {
        case 0x20...0x7e: self
        case 0xa0: " "
        // Eighth blocks, ▁ to █: eight levels of ink.
        case 0x2581...0x2588: Self.levels[Int(value - 0x2581)]
        // Left eighths, █ to ▏, as bars are drawn with.
        case 0x2589...0x258b: "#"
        case 0x258c...0x258f: "="
        case 0x2591: "."
        case 0x2592: ":"
        case 0x2593: "#"
        case 0x2500...0x257f: boxDrawingFallback
        // Braille dots of charts.
        case 0x2800: " "
        case 0x2801...0x28ff: ":"
        default: Self.likeness[self] ?? "?"
        }
    }

    /// From a trace of ink to all of it; the lowest level is not blank, for it is not nothing.
    private static let levels: [Unicode.Scalar] = [".", ":", "-", "=", "+", "*", "%", "#"]

    private var boxDrawingFallback: Unicode.Scalar {
        switch value {
        case 0x2500, 0x2501, 0x2504, 0x2505, 0x2508, 0x2509, 0x254c, 0x254d, 0x2550, 0x2574,
            0x2576, 0x2578, 0x257a, 0x257c, 0x257e:
            "-"
        case 0x2502, 0x2503, 0x2506, 0x2507, 0x250a, 0x250b, 0x254e, 0x254f, 0x2551, 0x2575,
            0x2577, 0x2579, 0x257b, 0x257d, 0x257f:
            "|"
        case 0x2571: "/"
        case 0x2572: "\\"
        case 0x2573: "x"
        default: "+"
        }
    }

    private static let likeness: [Unicode.Scalar: Unicode.Scalar] = [
        "●": "*", "○": "o", "◉": "*", "◌": "o", "•": "*", "·": ".", "∙": ".", "■": "#", "□": "-",
        "▪": "*", "▸": ">", "▶": ">", "►": ">", "◂": "<", "◀": "<", "◄": "<", "▲": "^", "△": "^",
        "▴": "^", "▼": "v", "▽": "v", "▾": "v", "↑": "^", "↓": "v", "←": "<", "→": ">", "↔": "-",
        "⇒": ">", "↵": "<", "✓": "v", "✔": "v", "✗": "x", "✘": "x", "×": "x", "⚠": "!", "ℹ": "i",
        "…": ".", "–": "-", "—": "-", "−": "-", "‐": "-", "‑": "-", "‘": "'", "’": "'", "“": "\"",
        "”": "\"", "«": "<", "»": ">", "‹": "<", "›": ">", "≥": ">", "≤": "<", "≈": "~", "≠": "#",
        "±": "+", "½": "%",
        "µ": "u", "Δ": "d", "∞": "-", "█": "#", "▀": "#", "▐": "#",
    ]
}
