import AcqCore
import AcqCrypto
import AcqReplication
import AcqStore
import AcqSystem

/// Does a transfer's work on files: finds what is staged, writes what arrives, installs what is whole.
final class Receiver: Sendable {
  /// Threads that read back and install: one large recording must not hold up the small ones.
  private static let workersMax = 2

  private let engine: Engine
  private let store: DirectoryStore
  private let publisher: Publisher
  private let log: Log
  /// Free space that must stay: a recording that would take it is not begun, whoever claims it.
  private let minFreeBytes: UInt64
  private let falseClaims = Monitor<[String]>([])
  private let work: WorkQueue
  private let open = Monitor<[ContentID: StagedRecording]>([:])
  /// Recordings whose checkpoint waits or runs.
  private let saving = Monitor<Set<ContentID>>([])
  private let isStopping = Monitor(false)

  init(engine: Engine, store: DirectoryStore, publisher: Publisher, minFreeBytes: UInt64, log: Log)
    throws(Errno)
  {
    self.minFreeBytes = minFreeBytes
    self.engine = engine
    self.store = store
    self.publisher = publisher
    self.log = log
    work = try WorkQueue(name: "store", threadCount: Self.workersMax)
  }

  /// Takes no more work and waits for what is under way; then writes down what is verified.
  func stop() {
    isStopping.change { $0 = true }
    work.stop()
    for staged in open.withLock({ $0.values }) { try? staged.checkpoint(at: Clock.monotonic()) }
  }

  /// Starts a transfer's work; the engine is told when it is done.
  func perform(_ action: TransferPlan.Action) {
    switch action {
    case .prepare(let claim): work.add { [self] in prepare(claim) }
    case .stage(let claim, let map): work.add { [self] in stage(claim, map) }
    case .finish(let claim): work.add { [self] in finish(claim) }
    case .alarm(let claim, let reason): alarm(claim, reason)
    case .send: break
    }
  }

  /// What a person should know: statements about recordings that did not prove true.
  var alarms: [String] { falseClaims.withLock { $0 } }

  /// Alarms kept for status; the log has all.
  private static let alarmsMax = 16

  private func alarm(_ claim: Claim, _ reason: String) {
    log.error("a recording's claim does not prove true", [.recording: claim.id, .reason: reason])
    let name = engine.read { $0.view.stated(claim.id)?.body.name } ?? "a recording"
    let text = "\(name) (\(claim.id.short)): \(reason)"
    falseClaims.change { alarms in
      if !alarms.contains(text), alarms.count < Self.alarmsMax { alarms.append(text) }
    }
  }

  // MARK: - Staging

  private func prepare(_ claim: Claim) {
    do {
      if let reason = try store.database.quarantine(claim) {
        log.debug("a claim known to be false is not tried", [.recording: claim.id, .reason: reason])
        return engine.handle(.finished(claim, .falseClaim))
      }
      try requireRoom(for: claim)
      guard let map = try store.database.map(claim) else {
        let none = BlockSet(blockCount: claim.blockCount)
        return engine.handle(.prepared(claim, hasMap: false, verified: none, partial: [:]))
      }
      stage(claim, map)
    } catch { fail(claim, error) }
  }

  private func stage(_ claim: Claim, _ map: BlockMap) {
    do {
      try requireRoom(for: claim)
      if let other = open.withLock({ $0[claim.id] }), other.claim != claim {
        // Nobody could give what another claim says of this content: its part makes way.
        open.withLock { $0[claim.id] = nil }
        try store.discardStaged(claim.id)
      }
      let staged = try store.stage(
        claim, map: map, isCancelled: { [isStopping] in isStopping.withLock { $0 } })
      let wanted = engine.read { Set($0.transfers.progress().keys) }
      open.withLock { open in
        open = open.filter { wanted.contains($0.key) }
        open[claim.id] = staged
      }
      let bitmap = staged.verified
      let verified = BlockSet(blockCount: claim.blockCount, blocks: bitmap.runs.lazy.flatMap { $0 })
      var partial: [Int: Int] = [:]
      for block in 0..<claim.blockCount where !bitmap[block] {
        let filled = staged.filledBytes(ofBlock: block)
        if filled > 0 { partial[block] = filled }
      }
      engine.handle(.prepared(claim, hasMap: true, verified: verified, partial: partial))
    } catch { fail(claim, error) }
  }

  /// A part takes its whole room when it is made: a claim of a false size must not take what others need.
  private func requireRoom(for claim: Claim) throws {
    if try store.database.staged().contains(where: { $0.claim == claim }) { return }
    let free = try store.space().freeBytes
    guard free > minFreeBytes, claim.sizeBytes <= free - minFreeBytes else {
      throw DaemonError(
        "\(claim.sizeBytes) bytes do not fit: \(free) are free, \(minFreeBytes) must stay free")
    }
  }

  private func fail(_ claim: Claim, _ error: any Error) {
    log.warning("a recording cannot be staged now", [.recording: claim.id, .reason: "\(error)"])
    engine.handle(.preparationFailed(claim))
  }

  // MARK: - Writing

  /// Writes the payload of a DATA frame. Called from the sessions' threads.
  func write(_ payload: ArraySlice<UInt8>, to route: DataRoute) -> WriteOutcome {
    guard let staged = open.withLock({ $0[route.claim.id] }) else { return .failed }
    do {
      let outcome = try staged.write(payload, block: route.block, offset: route.offset)
      if outcome == .verified { checkpointIfDue(staged) }
      switch outcome {
      case .partial, .ignored: return .partial
      case .verified: return .verified
      case .wrong: return .wrong
      }
    } catch {
      log.warning("bytes could not be written", [.recording: route.claim.id, .reason: "\(error)"])
      open.withLock { $0[route.claim.id] = nil }
      return .failed
    }
  }

  /// Syncs, writes down and reads back on another thread: the session goes on receiving meanwhile. What fails is seen
  /// by the next write.
  private func checkpointIfDue(_ staged: StagedRecording) {
    let now = Clock.monotonic()
    guard staged.isCheckpointDue(at: now), saving.withLock({ $0.insert(staged.claim.id).inserted }) else {
      return
    }
    work.add { [self] in
      do { try staged.checkpoint(at: now) } catch {
        log.warning(
          "received bytes could not be made durable", [.recording: staged.claim.id, .reason: "\(error)"])
      }
      saving.withLock { _ = $0.remove(staged.claim.id) }
    }
  }

  // MARK: - Installing

  private func finish(_ claim: Claim) {
    guard let staged = open.withLock({ $0[claim.id] }) else {
      return engine.handle(.finished(claim, .failed))
    }
    let start = Clock.monotonic()
    do {
      let record = try staged.finish(isCancelled: { [isStopping] in isStopping.withLock { $0 } })
      open.withLock { $0[claim.id] = nil }
      publisher.held(record)
      engine.handle(.finished(claim, .installed))
      log.notice(
        "received",
        [
          .recording: claim.id.short, .bytes: claim.sizeBytes,
          .seconds: (Clock.monotonic() - start).inSeconds,
        ])
    } catch let error as StoreError {
      switch error.kind {
      case .wrongBlocks(let blocks):
        log.warning("blocks went wrong on the medium", [.recording: claim.id, .blocks: blocks.count])
        engine.handle(.finished(claim, .wrongBlocks(blocks)))
      case .quarantined:
        open.withLock { $0[claim.id] = nil }
        engine.handle(.finished(claim, .falseClaim))
      case _: failFinish(claim, error)
      }
    } catch { failFinish(claim, error) }
  }

  private func failFinish(_ claim: Claim, _ error: any Error) {
    open.withLock { $0[claim.id] = nil }
    log.warning("a recording could not be installed", [.recording: claim.id, .reason: "\(error)"])
    engine.handle(.finished(claim, .failed))
  }
}
