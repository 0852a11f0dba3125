import ArgumentParser
import NATHost
import NATModel
import NATParse
import NATPlan

#if canImport(Glibc)
    import Glibc
#endif

/// How names are followed, the same for every subcommand that asks what they stand for.
struct FollowingOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The most hosts that a name may stand for.", valueName: "hosts"))
    var atMost = 256

    func validate() throws {
        if atMost < 1 { throw ValidationError("--at-most \(atMost): at least 1") }
    }
}

/// A source that was given by a name: who it is now, and that it is remembered.
struct FollowedSource {
    let box: LocalBox
    let name: SourceName

    /// What a word on the command line names.
    static func name(_ word: String) throws -> SourceName {
        do throws(ParseError) { return try SourceWord.name(word) } catch {
            // An address is refused in the planner's own words.
            if SourceName.isMeant(word) {
                throw refusal(
                    PlanRefusal(
                        word.strippedOfControls, error.reason,
                        fix: "for example ec2:tag:Name=worker-2"))
            }
            do throws(PlanRefusal) { return .prefix(try .source(word)) } catch {
                throw refusal(error)
            }
        }
    }

    /// The hosts it stands for, asked for now.
    ///
    /// - Parameter isKept: whether the answer is written down, for the guard to go on from.
    func hosts(mostHosts: Int, isKept: Bool) async throws -> [IPv4Prefix] {
        do throws(PlanRefusal) {
            return try await box.hosts(
                of: name, mostHosts: mostHosts, isKept: isKept && geteuid() == 0)
        } catch {
            throw refusal(error)
        }
    }

    /// The hosts that the file keeps by it.
    func keptHosts() async throws -> [IPv4Prefix] {
        guard try loaded(box.saved)?.names.contains(name) == true else {
            throw refusal(
                PlanRefusal(
                    name.description.strippedOfControls, "\(SavedAssignment.path) does not name it")
            )
        }
        let snapshot = await box.reader.snapshot([.saved], over: nil)
        if let failure = snapshot.saved.failure {
            throw refusal(PlanRefusal(failure.object, failure.reason, fix: failure.fix))
        }
        return ((snapshot.saved.value ?? nil) ?? []).filter { $0.name == name }.map(\.source)
    }

    /// Keeps a name no more that stands for nobody: no plan is about it.
    func forget(_ options: ChangeOptions) throws {
        guard !options.dryRun, geteuid() == 0 else { return }
        do throws(PlanRefusal) {
            let lock = try box.applier.lockedWhileSettled()
            do throws(SavedAssignments.Failure) { try box.saved.keep([(name, nil)]) } catch {
                let failure = error.readFailure
                throw PlanRefusal(failure.object, failure.reason, fix: failure.fix)
            }
            withExtendedLifetime(lock) {}
        } catch {
            throw refusal(error)
        }
    }
}
