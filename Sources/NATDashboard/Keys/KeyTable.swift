/// The keys of the views for the manual, made from the table that dispatch reads.
package enum KeyTable {
    /// What keys do there, each meaning once, in the order of the help.
    package static var rows: [(keys: String, meaning: String)] {
        var meanings: [String] = []
        var keys: [String: [String]] = [:]
        for binding in KeyBinding.all where !binding.contexts.isDisjoint(with: KeyContext.views) {
            if keys[binding.meaning] == nil { meanings.append(binding.meaning) }
            keys[binding.meaning, default: []] += binding.keys.map(\.name)
        }
        return meanings.map { (keys[$0, default: []].joined(separator: " "), $0) }
    }
}
