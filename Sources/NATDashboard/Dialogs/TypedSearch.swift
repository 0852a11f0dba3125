internal import NATModel
internal import NATScreen

/// A list that is narrowed by what is typed, and the place in it.
struct TypedSearch: Hashable, Sendable {
    /// What has been typed.
    var text = ""
    /// Where the operator is among the rows that match.
    var place = TableState<String>()

    /// The most characters a person would type here.
    private static let longestText = 60

    /// Adds text at the end; the best match is selected anew.
    mutating func type(_ addition: String) {
        text = String((text + addition.strippedOfControlsKeepingSpaces).prefix(Self.longestText))
        place = TableState<String>()
    }

    /// Does what a key asks for.
    ///
    /// - Parameter rows: those that match by now, and how many of them are seen.
    /// - Returns: whether it stays; on an empty line there is nothing left to erase but the line.
    mutating func take(
        _ key: Key, _ action: Action?, among rows: @autoclosure () -> (names: [String], seen: Int)
    ) -> Bool {
        switch action {
        case .close: return false
        case .eraseCharacter:
            guard !text.isEmpty else { return false }
            text.removeLast()
            place = TableState<String>()
        case .eraseAll: self = TypedSearch()
        case .move(let movement):
            let (names, seen) = rows()
            place.move(movement, names, visibleRows: seen)
        default:
            if case .character(let scalar) = key { type(String(Character(scalar))) }
        }
        return true
    }
}
