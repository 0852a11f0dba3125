/// What is said on stderr when a crash ends the process: `natdeck 1.2.3 ended by SIGSEGV; …`.
package struct LastWords: Sendable {
    /// The program and its version.
    package var program: String
    /// What to do now, with what separates it from the signal's name.
    package var advice: String

    /// The program's name and version, and what to do when it crashed.
    package init(program: String, advice: String) {
        self.program = program
        self.advice = advice
    }
}
