internal import NATScreen

extension KeyBinding {
    /// Every binding there is. Where a key has two in one place, the first counts.
    static let all: [KeyBinding] = inViews + byName + moving + inDialogs + everywhere

    private static let everywhere: [KeyBinding] = [
        KeyBinding(
            [.control("c")], .interrupt, "Quit", "quit, from everywhere",
            in: KeyContext.allCases),
        KeyBinding(
            [.control("l")], .redraw, "Redraw", "draw the screen again",
            in: KeyContext.allCases),
    ]

    /// What has no key and is called by its name.
    private static let byName: [KeyBinding] =
        [
            KeyBinding(
                [], .mend, "Mend check", "mend the selected check: opens a plan", in: [.doctor],
                changesBox: true)
        ]
        + HostSort.allCases.map { sort in
            KeyBinding(
                [], .sortBy(sort), "Sort by \(sort.title)", "order the hosts", in: [.overview])
        }
        + ThemeName.allCases.map { name in
            KeyBinding(
                [], .theme(name), "Theme \(name.rawValue)", "other colours",
                in: KeyContext.views)
        }
        + [
            KeyBinding(
                [], .mouse(true), "Mouse on", "click rows, views and buttons; turn the wheel",
                in: KeyContext.views),
            KeyBinding(
                [], .mouse(false), "Mouse off", "the terminal's own selection is back",
                in: KeyContext.views),
        ]
}
