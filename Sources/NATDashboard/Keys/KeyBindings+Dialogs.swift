internal import NATScreen

extension KeyBinding {
    /// What keys do in a dialog or on a line that is typed.
    static let inDialogs: [KeyBinding] = [
        KeyBinding(
            [.escape, .enter, .character("q"), .function(10), .function(1)], .close, "Close",
            "close", in: [.reading, .details, .interface], rank: 0),
        KeyBinding([.enter], .enter, "Ask", "ask", in: [.asking], rank: 0),
        KeyBinding([.escape], .close, "Close", "close", in: [.asking], rank: 1),
        KeyBinding([.enter], .enter, "Keep", "keep the filter", in: [.filter], rank: 0),
        KeyBinding([.escape], .close, "Undo", "undo the typing", in: [.filter], rank: 1),
        KeyBinding([.enter], .enter, "Stay", "stay there", in: [.finding], rank: 0),
        KeyBinding([.escape], .close, "Back", "back to where it began", in: [.finding], rank: 1),
        KeyBinding([.enter], .enter, "Close", "close", in: [.sorting], rank: 0),
        KeyBinding(
            [.escape, .character("q"), .character("s"), .function(6)], .close, "Close", "close",
            in: [.sorting], rank: 1),
        KeyBinding([.enter], .enter, "Run", "run the action", in: [.palette], rank: 0),
        KeyBinding([.escape], .close, "Close", "close", in: [.palette], rank: 1),
        KeyBinding([.enter], .enter, "Pick", "pick the instance", in: [.picking], rank: 0),
        KeyBinding([.escape], .close, "Close", "close", in: [.picking], rank: 1),
        KeyBinding([.control("r")], .reread, "Ask again", "ask again", in: [.picking], rank: 2),
        KeyBinding([.enter], .enter, "Choose", "go on", in: [.assignSource], rank: 0),
        KeyBinding(
            [.function(2)], .pickInstance, "Instances", "pick an instance from a list",
            in: [.assignSource], rank: 3),
        KeyBinding([.enter], .enter, "Plan", "show the plan", in: [.assignInterface], rank: 0),
        KeyBinding(
            [.tab, .backTab], .switchFocus, "Interface", "to the interfaces", in: [.assignSource],
            rank: 1),
        KeyBinding(
            [.down], .switchFocus, "Interface", "to the interfaces", in: [.assignSource]),
        KeyBinding(
            [.tab, .backTab], .switchFocus, "Edit source", "to the source",
            in: [.assignInterface], rank: 1),
        KeyBinding(
            [.escape], .close, "Close", "close", in: [.assignSource, .assignInterface], rank: 2),
        KeyBinding([.character("q")], .close, "Close", "close", in: [.assignInterface]),
        KeyBinding(
            [.backspace, .control("h")], .eraseCharacter, "Erase", "erase a character",
            in: [.filter, .finding, .palette, .asking, .picking, .assignSource, .confirmTyped]),
        KeyBinding([.escape], .close, "Cancel", "cancel", in: [.confirmTyped], rank: 0),
        KeyBinding(
            [.enter], .accept, "Apply", "apply the plan, once the word is typed",
            in: [.confirmTyped], rank: 1),
        KeyBinding(
            [.control("u")], .eraseAll, "Erase all", "erase all",
            in: [.filter, .finding, .palette, .asking, .picking, .assignSource], rank: 4),
        KeyBinding(
            [.tab, .backTab, .left, .right], .switchFocus, "Button", "the other button",
            in: [.confirm], rank: 3),
        KeyBinding([.character("y")], .accept, "Apply", "apply the plan", in: [.confirm], rank: 2),
        KeyBinding([.enter], .enter, "Button", "what is focused", in: [.confirm]),
        KeyBinding(
            [.character("Y")], .copyCommand, "Copy", "copy the commands", in: [.confirm],
            rank: 4),
        KeyBinding(
            [.escape, .character("q"), .character("n")], .close, "Cancel", "cancel",
            in: [.confirm], rank: 0),
    ]
}
