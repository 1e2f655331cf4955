import AcqCore
import AcqSystem

/// Watches the recorder's directory and seals what nobody writes any more. Told by inotify, and looks anyway now and
/// then, because a message may be lost.
final class CarWatch: Sendable {
  /// How often everything is looked at although nothing was told.
  private static let rescanPeriod = Duration.seconds(30)
  /// Directories below the recorder's that are followed.
  private static let depthMax = 16

  private struct State {
    var plan = SealPlan()
    var isStopped = false
    var hasNews = true
    var waiting: [String: StatusInput.LocalFile] = [:]
    var refused: [String: StatusInput.LocalFile] = [:]
    var nextLookAt: Instant?
  }

  private let directory: String
  private let sealer: Sealer
  private let log: Log
  private let state = Monitor(State())

  init(directory: String, sealer: Sealer, log: Log) {
    self.directory = directory
    self.sealer = sealer
    self.log = log
  }

  /// Files that are not sealed, and why.
  var localFiles: [StatusInput.LocalFile] {
    state.withLock { state in
      (Array(state.waiting.values) + Array(state.refused.values)).sorted { $0.name < $1.name }
    }
  }

  /// Something happened in the directory.
  func wake() { state.change { $0.hasNews = true } }

  /// Ends `run` after the file in hand.
  func stop() { state.change { $0.isStopped = true } }

  /// Looks and seals until `stop`. Runs on a thread of its own.
  func run() {
    while true {
      let latest = Clock.monotonic() + Self.rescanPeriod
      let due = state.withLock { min(latest, $0.nextLookAt ?? latest) }
      let isStopped = state.wait(until: due) { state -> Bool? in
        if state.isStopped { return true }
        guard state.hasNews else { return nil }
        state.hasNews = false
        return false
      }
      if isStopped == true { return }
      scan()
    }
  }

  /// Looks at every file once and seals what may be sealed.
  func scan() {
    let paths = recordings(in: directory, depth: 0).sorted {
      ($0.modifiedNs, $0.path) < ($1.modifiedNs, $1.path)
    }
    state.change { state in
      let present = Set(paths.map(\.path))
      for path in state.waiting.keys where !present.contains(path) {
        state.waiting[path] = nil
        state.plan.forget(path)
      }
      for path in state.refused.keys where !present.contains(path) { state.refused[path] = nil }
      state.nextLookAt = nil
    }
    for file in paths where !state.withLock({ $0.isStopped }) { look(at: file.path) }
  }

  private func recordings(in folder: String, depth: Int) -> [(path: String, modifiedNs: Int64)] {
    guard depth < Self.depthMax, let names = try? Files.list(folder) else { return [] }
    var found: [(path: String, modifiedNs: Int64)] = []
    for name in names where !name.hasPrefix(".") {
      let path = "\(folder)/\(name)"
      guard let identity = try? Files.identity(path) else { continue }
      switch identity.kind {
      case .directory: found += recordings(in: path, depth: depth + 1)
      case .file where name.hasSuffix(".mcap"): found.append((path, identity.modifiedNs))
      case .file, .symbolicLink, .other: break
      }
    }
    return found
  }

  private func look(at path: String) {
    do {
      guard let identity = try Files.identity(path) else { return }
      switch sealer.known(path, identity) {
      case .sealed: return note(path, identity, nil, isRefused: false)
      case .refused(let reason): return note(path, identity, reason, isRefused: true)
      case nil: break
      }
      let writers = try Writers.of(path)
      let (decision, wasSeenWritten) = state.withLock { state in
        let decision = state.plan.decide(path, identity, writers: writers, at: Clock.monotonic())
        return (decision, state.plan.wasSeenWritten(path))
      }
      switch decision {
      case .wait(let until, let reason):
        note(path, identity, reason, isRefused: false)
        if let until { state.change { $0.nextLookAt = min($0.nextLookAt ?? until, until) } }
      case .seal:
        note(path, identity, "being sealed", isRefused: false)
        try seal(path, identity, wasSeenWritten: wasSeenWritten, isQuiet: writers.isUnknown)
      }
    } catch {
      // Stopped in the middle of a file: it is sealed after the next start.
      if state.withLock({ $0.isStopped }) { return }
      log.warning("a file could not be sealed; it is tried again", [.path: path, .reason: "\(error)"])
      state.change { state in
        state.waiting[path] = StatusInput.LocalFile(
          name: name(path), sizeBytes: 0, reason: "could not be read: \(error)", isRefused: false)
        let retry = Clock.monotonic() + Self.rescanPeriod
        state.nextLookAt = min(state.nextLookAt ?? retry, retry)
      }
    }
  }

  private func seal(
    _ path: String, _ identity: FileIdentity, wasSeenWritten: Bool, isQuiet: Bool
  ) throws {
    switch try sealer.seal(
      path, wasSeenWritten: wasSeenWritten, isQuiet: isQuiet,
      isCancelled: { [self] in state.withLock { $0.isStopped } })
    {
    case .sealed:
      note(path, identity, nil, isRefused: false)
      state.withLock { $0.plan.forget(path) }
    case .refused(let reason): note(path, identity, reason, isRefused: true)
    case .changed:
      let again = Clock.monotonic() + SealPlan.lookPeriod
      state.change { $0.nextLookAt = min($0.nextLookAt ?? again, again) }
    }
  }

  private func name(_ path: String) -> String { String(path.dropFirst(directory.utf8.count + 1)) }

  private func note(_ path: String, _ identity: FileIdentity, _ reason: String?, isRefused: Bool) {
    state.change { state in
      state.waiting[path] = nil
      state.refused[path] = nil
      guard let reason else { return }
      let file = StatusInput.LocalFile(
        name: name(path), sizeBytes: identity.sizeBytes, reason: reason, isRefused: isRefused)
      if isRefused { state.refused[path] = file } else { state.waiting[path] = file }
    }
  }
}

extension Writers {
  fileprivate var isUnknown: Bool { if case .unknown = self { true } else { false } }
}
