package import AcqCore
import AcqCrypto
package import AcqExport
package import AcqSystem

/// Makes exports on demand and keeps them in cache/ until room is needed. The same request is made once, however many
/// clients ask for it; when the last of them leaves, the work stops.
package final class ExportCache: Sendable {
  /// How an export came out.
  package enum Outcome: Sendable {
    /// The finished file.
    case file(FileSource)
    /// It cannot be made; the error says why.
    case refused(ExportError)
    /// Nobody waits for it any more.
    case abandoned
    /// The medium failed.
    case failed(String)
  }

  /// Exports made at once: one a core of a small server, and room for people.
  private static let workersMax = 2
  /// How often a waiting client is looked after.
  private static let lookPeriod = Duration.milliseconds(200)

  private struct Job {
    let number: Int
    var waiters = 0
    var outcome: Outcome?
  }

  private struct State {
    var jobs: [String: Job] = [:]
    var running = 0
    var isStopped = false
    var lastJob = 0
  }

  private let directory: String
  private let maxBytes: @Sendable () -> UInt64
  private let log: Log
  private let state = Monitor(State())

  /// Keeps at most `maxBytes()` in `directory`; what a crash left half made there is removed.
  package init(directory: String, log: Log, maxBytes: @escaping @Sendable () -> UInt64) throws(Errno) {
    self.directory = directory
    self.maxBytes = maxBytes
    self.log = log
    try Files.makeDirectories(directory)
    for name in try Files.list(directory) where name.hasPrefix(Self.unfinishedPrefix) {
      _ = try Files.unlink("\(directory)/\(name)")
    }
  }

  private static let unfinishedPrefix = ".making-"

  /// Stops the work in hand.
  package func stop() { state.change { $0.isStopped = true } }

  /// The export named by `key` (a file name): from the cache, or made by `make`, which appends to the sink and asks
  /// `isCancelled` often. `isGone` says that the client left.
  package func export(
    _ key: String, isGone: @escaping @Sendable () -> Bool,
    make: @escaping @Sendable (_ path: String, _ isCancelled: @escaping @Sendable () -> Bool) throws -> Void
  ) -> Outcome {
    let path = "\(directory)/\(key)"
    if let source = try? FileSource(path) { return .file(source) }
    let number = join(key, path, make)
    return wait(key, number, isGone)
  }

  /// Joins the job of that name or starts it; its number.
  private func join(
    _ key: String, _ path: String,
    _ make: @escaping @Sendable (String, @escaping @Sendable () -> Bool) throws -> Void
  ) -> Int {
    let (number, isNew) = state.change { state -> (Int, Bool) in
      if let job = state.jobs[key] {
        state.jobs[key]?.waiters += 1
        return (job.number, false)
      }
      state.lastJob += 1
      state.jobs[key] = Job(number: state.lastJob, waiters: 1)
      return (state.lastJob, true)
    }
    guard isNew else { return number }
    let run: @Sendable () -> Void = { [self] in finish(key, number, work(key, number, path, make)) }
    if (try? Thread.start(name: "export", run)) == nil {
      finish(key, number, .failed("no thread for the export"))
    }
    return number
  }

  private func finish(_ key: String, _ number: Int, _ outcome: Outcome) {
    state.change { state in if state.jobs[key]?.number == number { state.jobs[key]?.outcome = outcome } }
  }

  private func wait(_ key: String, _ number: Int, _ isGone: () -> Bool) -> Outcome {
    var outcome: Outcome?
    while outcome == nil {
      outcome = state.wait(until: Clock.monotonic() + Self.lookPeriod) { $0.jobs[key]?.outcome }
      if outcome == nil, isGone() { outcome = .abandoned }
    }
    // The last one to leave forgets the job; if it still runs, it sees that and stops.
    state.change { state in
      guard state.jobs[key]?.number == number else { return }
      state.jobs[key]?.waiters -= 1
      if state.jobs[key]?.waiters == 0 { state.jobs[key] = nil }
    }
    return outcome ?? .abandoned
  }

  private func isCancelled(_ key: String, _ number: Int) -> Bool {
    state.withLock { $0.isStopped || $0.jobs[key]?.number != number }
  }

  private func work(
    _ key: String, _ number: Int, _ path: String,
    _ make: (String, @escaping @Sendable () -> Bool) throws -> Void
  ) -> Outcome {
    let mayRun = state.wait { state -> Bool? in
      if state.isStopped || state.jobs[key]?.number != number { return false }
      guard state.running < Self.workersMax else { return nil }
      state.running += 1
      return true
    }
    guard mayRun == true else { return .abandoned }
    defer { state.change { $0.running -= 1 } }
    let unfinished = "\(directory)/\(Self.unfinishedPrefix)\(number)"
    do {
      try make(unfinished, { self.isCancelled(key, number) })
      try Files.rename(unfinished, to: path)
      let source = try FileSource(path)
      evict(keeping: key)
      return .file(source)
    } catch {
      _ = try? Files.unlink(unfinished)
      if let error = error as? ExportError { return error.kind == .cancelled ? .abandoned : .refused(error) }
      return .failed("\(error)")
    }
  }

  /// Removes the oldest files until the rest fits. A file that is being sent lives on until it is closed.
  private func evict(keeping key: String) {
    do {
      var files: [(name: String, sizeBytes: UInt64, modifiedNs: Int64)] = []
      for name in try Files.list(directory) where !name.hasPrefix(Self.unfinishedPrefix) {
        guard let identity = try Files.identity("\(directory)/\(name)") else { continue }
        files.append((name, identity.sizeBytes, identity.modifiedNs))
      }
      var total = files.reduce(0) { $0 + $1.sizeBytes }
      let limit = maxBytes()
      for file in files.sorted(by: { $0.modifiedNs < $1.modifiedNs }) where total > limit && file.name != key
      {
        _ = try Files.unlink("\(directory)/\(file.name)")
        total -= file.sizeBytes
      }
    } catch { log.warning("the export cache could not be trimmed", [.path: directory, .reason: error]) }
  }
}
