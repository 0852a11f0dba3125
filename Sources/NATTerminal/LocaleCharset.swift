import CTerminal

extension Terminal {
    /// Whether the locale of the environment has the characters of UTF-8.
    package static var isLocaleUTF8: Bool { nd_locale_is_utf8() }
}
