import AcqCore
import AcqCrypto
import AcqReplication
import AcqStore
import AcqSystem
import Synchronization

/// What is looked after now and then: free space, the volume, the node's word about itself, and clocks.
final class Upkeep: Sendable {
  /// How often space and volume are looked at.
  private static let period = Duration.seconds(2)
  /// How often the node speaks of itself although nothing changed (protocol §4, NODE).
  private static let nodePeriod = Duration.seconds(600)
  /// A change of free space that is worth a word: 5 %.
  private static let spaceChange = 0.05
  /// Clocks that differ by less are called equal: people do not see it, and a PONG is no better.
  private static let clockToleranceMs: Int64 = 2_000
  /// Pulls go on when so much more than `min_free` is free, so that they do not begin and end all the time.
  private static let resumeShare: UInt64 = 16

  private struct State {
    var isStopped = false
    var isDiskFull = false
    var isVolumeMissing = false
    var lastNodeAt: Instant?
    var lastFreeBytes: UInt64 = 0
    var corrected: [ContentID: Int64] = [:]
  }

  private let configuration: Configuration
  private let store: DirectoryStore
  private let engine: Engine
  private let ledger: Ledger
  private let publisher: Publisher
  private let sealer: Sealer?
  private let card: Card
  private let log: Log
  private let state = Monitor(State())

  init(
    configuration: Configuration, store: DirectoryStore, engine: Engine, ledger: Ledger, publisher: Publisher,
    sealer: Sealer?, card: Card, log: Log
  ) {
    self.configuration = configuration
    self.store = store
    self.engine = engine
    self.ledger = ledger
    self.publisher = publisher
    self.sealer = sealer
    self.card = card
    self.log = log
  }

  /// Whether pulls pause because less than `min_free` is left.
  var isDiskFull: Bool { state.withLock { $0.isDiskFull } }

  /// What a person should know.
  var alarms: [String] {
    state.withLock {
      $0.isVolumeMissing ? ["the volume with the recordings is not there: mount it again"] : []
    }
  }

  /// Ends `run`.
  func stop() { state.change { $0.isStopped = true } }

  /// Looks until `stop`. Runs on a thread of its own.
  func run() {
    while true {
      look()
      let isStopped = state.wait(until: Clock.monotonic() + Self.period) { $0.isStopped ? true : nil }
      if isStopped == true { return }
    }
  }

  private func look() {
    do {
      try lookAtVolume()
      try lookAtSpace()
      ledger.isClockSet = Self.isClockSet(role: card.role)
      _ = try ledger.publishDue()
    } catch { log.warning("upkeep failed; tried again", [.reason: "\(error)"]) }
  }

  // MARK: - Space and volume

  private func lookAtSpace() throws {
    let space = try store.space()
    let wasFull = state.withLock { $0.isDiskFull }
    let limit = configuration.minFreeBytes
    let isFull = space.freeBytes < (wasFull ? limit + limit / Self.resumeShare : limit)
    if isFull != wasFull {
      state.change { $0.isDiskFull = isFull }
      engine.handle(.paused(isFull))
      if isFull {
        log.error("disk full: pulls pause until space is freed", [.bytes: space.freeBytes, .limit: limit])
      } else {
        log.notice("there is room again: pulls go on", [.bytes: space.freeBytes])
      }
    }
    if !isFull, !store.hasBallast { _ = try store.restoreBallast() }
    speak(space.freeBytes)
  }

  private func lookAtVolume() throws {
    let isMissing = !store.isVolumePresent
    let wasMissing = state.withLock { $0.isVolumeMissing }
    guard isMissing != wasMissing else { return }
    state.change { $0.isVolumeMissing = isMissing }
    if isMissing {
      let gone = try store.checkObjects().map(\.id)
      log.error("the volume is gone; receipts are withdrawn", [.count: gone.count])
      publisher.withdraw(gone)
    } else {
      log.notice("the volume is back")
      let report = try store.start()
      // What returns is hashed before it is listed again, and not pulled meanwhile.
      engine.handle(.present(report.unlisted))
      for id in report.unlisted {
        guard case .intact(let record, _) = try? store.verifyObject(id) else {
          engine.handle(.withdrawn(id))
          continue
        }
        publisher.held(record)
      }
    }
  }

  /// The node's word about itself: every ten minutes, or when its free space changed by a twentieth.
  private func speak(_ freeBytes: UInt64) {
    let now = Clock.monotonic()
    let isDue = state.withLock { state -> Bool in
      let change =
        freeBytes > state.lastFreeBytes ? freeBytes - state.lastFreeBytes : state.lastFreeBytes - freeBytes
      let isOld = state.lastNodeAt.map { now - $0 >= Self.nodePeriod } ?? true
      guard isOld || Double(change) > Double(state.lastFreeBytes) * Self.spaceChange else { return false }
      state.lastNodeAt = now
      state.lastFreeBytes = freeBytes
      return true
    }
    guard isDue else { return }
    let body = NodeBody(
      name: card.name, freeBytes: freeBytes, version: Version.program, isClockSet: ledger.isClockSet)
    publisher.add([Ledger.Draft(kind: .node, subject: SubjectID(sameBytesAs: card.id), body: body.encoded)])
  }

  // MARK: - Clocks (protocol §11)

  /// Built in 2026: an earlier wall clock was never set.
  private static let buildMs: UInt64 = 1_767_225_600_000

  /// Synchronised by the kernel's word, or a base or cloud whose clock is later than this program.
  static func isClockSet(role: Role) -> Bool {
    Clock.isSynchronised || (role != .car && Clock.wallMs() > buildMs)
  }

  /// A peer told its wall clock: a car whose own is not set corrects what it recorded in this boot.
  func clockHeard(_ peer: NodeID, wallMs: UInt64, isSet: Bool) {
    guard isSet, card.role == .car, let sealer, !Clock.isSynchronised else { return }
    let roundTrip = engine.read { replica in
      replica.sessions.values.first { $0.peer == peer }?.liveness.roundTrip ?? .zero
    }
    let trueMs = Int64(clamping: wallMs) + roundTrip.inNanoseconds / 2_000_000
    let bootNowMs = Int64(clamping: Clock.bootTimeNs() / 1_000_000)
    var drafts: [Ledger.Draft] = []
    for file in sealer.correctable(bootID: Clock.bootID()) {
      let sealedMs = trueMs - (bootNowMs - Int64(clamping: file.bootTimeNs / 1_000_000))
      let offset = sealedMs - Int64(clamping: file.wallNs / 1_000_000)
      let known =
        state.withLock { $0.corrected[file.id] } ?? engine.read { $0.view.clockOffsetMs(of: file.id) } ?? 0
      guard abs(offset - known) > Self.clockToleranceMs else { continue }
      state.withLock { $0.corrected[file.id] = offset }
      drafts.append(annotation(file.id, offset))
      log.notice(
        "a recording's clock was corrected", [.recording: file.id.short, .seconds: Double(offset) / 1000])
    }
    if !drafts.isEmpty { publisher.add(drafts) }
  }

  private func annotation(_ id: ContentID, _ offsetMs: Int64) -> Ledger.Draft {
    let own = card.id
    let (mine, highest) = engine.read { replica in
      let all = replica.view.annotations[id] ?? [:]
      let edits = all.values.compactMap { $0.fields[TeamView.clockOffsetField]?.edit }
      return (all[own] ?? AnnotationBody(fields: [:]), edits.max() ?? 0)
    }
    var body = mine
    body.fields[TeamView.clockOffsetField] = AnnotationBody.Edit(
      edit: highest + 1, text: String(offsetMs), atMs: Clock.wallMs(), by: card.name)
    return Ledger.Draft(kind: .annotation, subject: SubjectID(sameBytesAs: id), body: body.encoded)
  }
}
