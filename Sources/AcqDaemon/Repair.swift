import AcqCore
import AcqCrypto
import AcqReplication
import AcqStore
import AcqSystem
import MCAP

/// What is done about recordings that are not what they should be, and about objects that nobody lists.
final class Repair: Sendable {
  private let store: DirectoryStore
  private let publisher: Publisher
  private let engine: Engine
  private let log: Log
  private let isStopped = Monitor(false)
  private let onFreed = Monitor<(@Sendable () -> Void)?>(nil)

  init(store: DirectoryStore, publisher: Publisher, engine: Engine, log: Log) {
    self.store = store
    self.publisher = publisher
    self.engine = engine
    self.log = log
  }

  /// Calls `body` after a recording left the store: a car looks whether its file is to be sealed anew.
  func whenTakenBack(_ body: @escaping @Sendable () -> Void) { onFreed.withLock { $0 = body } }

  /// A recording turned out changed, gone or unreadable while it was served: its receipt goes before a byte does.
  func broken(_ id: ContentID, _ reason: String) {
    guard publisher.read({ $0.isHeld(id) }) else { return }
    log.error(
      "a held recording cannot be proved any more; its receipt is withdrawn",
      [.recording: id, .reason: reason])
    publisher.withdraw([id])
    guard publisher.flush() else { return }
    do { try store.takeBack(id) } catch {
      log.warning("a broken recording's file stays", [.recording: id, .reason: "\(error)"])
    }
    onFreed.withLock { $0 }?()
  }

  /// Ends `adopt` after the piece in hand.
  func stop() { isStopped.change { $0 = true } }

  /// Files in objects/ that node.db does not list, from a crash before the commit or after node.db was lost: hashed, and
  /// held if they are what their name says.
  func adopt(_ ids: [ContentID]) {
    for id in ids where !publisher.read({ $0.isHeld(id) }) {
      if isStopped.withLock({ $0 }) { return }
      do {
        if try adopt(id) { continue }
      } catch let error as StoreError where error.kind == .cancelled {
        return
      } catch { log.warning("a file in objects/ could not be read", [.recording: id, .reason: "\(error)"]) }
      // It was not pulled while it was looked at.
      engine.handle(.withdrawn(id))
    }
  }

  /// Whether the file is the recording that its name says; held from now on.
  private func adopt(_ id: ContentID) throws -> Bool {
    switch try store.verifyObject(id, isCancelled: { [isStopped] in isStopped.withLock { $0 } }) {
    case .intact(let record, let map):
      try hold(record, map)
      return true
    case .different(let other):
      log.error("a file in objects/ is not what its name says", [.recording: id, .reason: other])
      try store.takeBack(id)
      return false
    case .missing: return false
    }
  }

  private func hold(_ record: ObjectRecord, _ map: BlockMap) throws {
    publisher.held(record) { change in
      let claim = Claim(id: record.id, sizeBytes: map.sizeBytes, blockRoot: map.root)
      change.maps.append((claim: claim, map: map))
    }
    log.notice("an unlisted recording is held again", [.recording: record.id.short])
    // Others know their recordings from the cars' statements, which peers bring back; a car may have lost its own.
    let (role, isStated) = engine.read { replica in
      (replica.view.members[replica.own]?.role, replica.view.recordings[record.id] != nil)
    }
    guard role == .car, !isStated, publisher.flush() else { return }
    let body = try statement(of: record, map)
    publisher.add([
      Ledger.Draft(kind: .recording, subject: SubjectID(sameBytesAs: record.id), body: body.encoded)
    ])
  }

  /// What a car says of a recording whose statement, and whose name, were lost with its database.
  private func statement(of record: ObjectRecord, _ map: BlockMap) throws -> RecordingBody {
    let object = try store.openObject(record.id)
    var probe = RecordingProbe()
    var offset: UInt64 = 0
    while offset < object.sizeBytes {
      let bytes = try object.read(at: offset, count: Limits.blockBytes)
      guard !bytes.isEmpty else { break }
      probe.append(bytes[...])
      offset += UInt64(bytes.count)
    }
    let learnt = try probe.finish(reading: object)
    return RecordingBody(
      sizeBytes: map.sizeBytes, blockRoot: map.root, name: "\(record.id.short).mcap", startNs: learnt.startNs,
      endNs: learnt.endNs, isCutOff: learnt.isCutOff)
  }
}
