import NATModel
import NATParse
public import NATPlan

// One change at a time, and what is said to whoever comes second.
extension Applier {
    func corrupt(_ failure: ReadFailure) -> PlanRefusal {
        guard let aside = try? journal.moveAside() else {
            return PlanRefusal(failure.object, "\(failure.reason), and cannot be moved aside")
        }
        return PlanRefusal(
            failure.object, "\(failure.reason): it is now \(aside), and nothing was applied",
            fix: "read it, look at natdeck status, and repeat the command")
    }

    func locked(_ body: () async -> Outcome) async -> Outcome {
        do throws(FileLock.Refusal) {
            let lock = try await takeLock()
            let outcome = await body()
            withExtendedLifetime(lock) {}
            return outcome
        } catch {
            if case .failed(let failure) = error, Self.isPermission(failure.reason) {
                return .notPermitted
            }
            return .refused(refusal(error))
        }
    }

    /// The lock, for whoever writes down how the box is: nothing changes while it is held.
    ///
    /// - Throws: where a change is under way, or is neither kept nor taken back.
    public func lockedWhileSettled() async throws(PlanRefusal) -> FileLock {
        let lock: FileLock
        do throws(FileLock.Refusal) { lock = try await takeLock() } catch { throw refusal(error) }
        let record: ChangeRecord?
        do throws(ReadFailure) { record = try journal.read() } catch { throw corrupt(error) }
        if let record { throw Planner.refusal(of: PendingReader(files: files).waiting(record)) }
        return lock
    }

    private func refusal(_ refusal: FileLock.Refusal) -> PlanRefusal {
        switch refusal {
        case .held(let holder):
            PlanRefusal(
                "another natdeck is changing this box", holder,
                fix: stopped(holder) ?? "wait for it, and repeat the command")
        case .failed(let failure):
            PlanRefusal(failure.object, "\(failure.reason): nothing was applied")
        }
    }

    /// What lets a holder of the lock go on that a signal has stopped; `nil` where it is running.
    private func stopped(_ holder: String) -> String? {
        guard let words = holder.split(separator: "(process ").last,
            let process = Int(words.prefix { $0.isNumber }),
            case .some(.some(let bytes)) = try? files.read("/proc/\(process)/stat"),
            let file = try? ProcessFile.parse(bytes), file.isStopped
        else { return nil }
        return "it is stopped: kill -CONT \(process)"
    }

    /// Asks a few times: whoever only looks whether the lock is held has it for a moment.
    private func takeLock() async throws(FileLock.Refusal) -> FileLock {
        let holder = Operator(files: files).current.description
        for _ in 0..<4 {
            if let lock = try? files.lock(Self.lockPath, holder: holder) { return lock }
            try? await Task.sleep(for: .milliseconds(40))
        }
        return try files.lock(Self.lockPath, holder: holder)
    }
}
