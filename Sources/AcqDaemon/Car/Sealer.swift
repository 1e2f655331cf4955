import AcqCore
import AcqCrypto
import AcqReplication
import AcqStore
import AcqSystem
import MCAP
import Synchronization

/// Makes recordings of the recorder's files (protocol §6): no writer, fsync, one read with both digests, unchanged, hard
/// link, one transaction.
final class Sealer: Sendable {
  /// What is known of a file that has not changed since.
  enum Known {
    /// It is a recording.
    case sealed
    /// It is none, and why.
    case refused(String)
  }

  /// What came of sealing.
  enum Outcome {
    /// It is a recording now.
    case sealed
    /// It is none, and why.
    case refused(String)
    /// Somebody writes it, or it changed meanwhile: look again.
    case changed
  }

  private struct State {
    var sealed: [String: SealedFile]
    var refused: [String: RefusedFile]
  }

  private let store: DirectoryStore
  private let publisher: Publisher
  private let engine: Engine
  private let log: Log
  private let state: Mutex<State>

  init(store: DirectoryStore, publisher: Publisher, engine: Engine, log: Log) throws {
    self.store = store
    self.publisher = publisher
    self.engine = engine
    self.log = log
    let sealed = try store.database.sealedFiles().map { ($0.path, $0) }
    let refused = try store.database.refusedFiles().map { ($0.path, $0) }
    state = Mutex(
      State(
        sealed: Dictionary(sealed) { first, _ in first }, refused: Dictionary(refused) { first, _ in first }))
  }

  /// Files of this boot that were seen being written: their times can be corrected (protocol §11).
  func correctable(bootID: String?) -> [SealedFile] {
    state.withLock { state in
      state.sealed.values.filter { $0.wasSeenWritten && $0.bootID != nil && $0.bootID == bootID }
    }
  }

  /// What is known of the file, if it is still the same.
  func known(_ path: String, _ identity: FileIdentity) -> Known? {
    state.withLock { state in
      if let file = state.sealed[path], file.stamp.matches(identity), publisher.holdsOrWill(file.id) {
        return .sealed
      }
      if let file = state.refused[path], file.stamp.matches(identity) { return .refused(file.reason) }
      return nil
    }
  }

  /// Seals the file at `path`. `isQuiet`: it did not change for 30 s, where the kernel does not say who writes.
  func seal(
    _ path: String, wasSeenWritten: Bool, isQuiet: Bool, isCancelled: () -> Bool
  ) throws -> Outcome {
    let start = Clock.monotonic()
    if let reason = try refusal(path) { return .refused(reason) }
    let reading = Reading()
    let outcome = try store.seal(
      path, evenIfWritersUnknown: isQuiet, isCancelled: isCancelled, consume: { reading.take($0) },
      contentID: { reading.contentID() })
    guard case .sealed(let content) = outcome, let result = reading.result else { return .changed }
    let learnt = try reading.probe.finish(reading: try FileSource(path))
    let before = state.withLock { $0.sealed[path] }
    let isEdited = before.map { $0.stamp.inode == content.stamp.inode && $0.id != result.id } ?? false
    let file = SealedFile(
      path: path, stamp: content.stamp, id: result.id, wallNs: Clock.wallNs(), bootTimeNs: Clock.bootTimeNs(),
      bootID: Clock.bootID(), wasSeenWritten: wasSeenWritten)
    let body = RecordingBody(
      sizeBytes: content.stamp.sizeBytes, blockRoot: result.map.root, name: Self.statedName(path),
      startNs: learnt.startNs, endNs: learnt.endNs, isCutOff: learnt.isCutOff,
      parent: isEdited ? before?.id : nil,
      derivation: isEdited ? "edited in place by its recorder or a person" : nil)
    publish(file, content, result.map, body)
    if isEdited, let before { withdrawEdited(before.id) }
    log.notice(
      "sealed",
      [
        .recording: result.id.short, .path: path, .bytes: content.stamp.sizeBytes,
        .state: learnt.isCutOff ? "cut off" : "closed", .seconds: (Clock.monotonic() - start).inSeconds,
      ])
    if let reason = content.object.reason {
      log.warning(
        "a recording could not be linked into the store; its path is kept", [.path: path, .reason: reason])
    }
    return .sealed
  }

  private func publish(_ file: SealedFile, _ content: SealedContent, _ map: BlockMap, _ body: RecordingBody) {
    // Stated once: the same content again, or after a lost database, is the same register with the same words.
    let known = engine.read { replica in
      replica.view.recordings[file.id]?.first { $0.origin == replica.own }?.body
    }
    var drafts: [Ledger.Draft] = []
    if known == nil || known?.blockRoot != body.blockRoot {
      drafts.append(
        Ledger.Draft(kind: .recording, subject: SubjectID(sameBytesAs: file.id), body: body.encoded))
    }
    state.withLock { state in
      state.sealed[file.path] = file
      state.refused[file.path] = nil
    }
    publisher.held(content.object, drafts: drafts) { change in
      change.sealedFiles.append(file)
      change.refusedFilesRemoved.append(file.path)
      let claim = Claim(id: file.id, sizeBytes: body.sizeBytes, blockRoot: body.blockRoot)
      change.maps.append((claim: claim, map: map))
    }
  }

  /// The old content is gone with the edit: its receipt goes at once, and its name in the store.
  private func withdrawEdited(_ id: ContentID) {
    log.warning("a sealed recording was edited in place; it is sealed anew", [.recording: id])
    publisher.withdraw([id])
    guard publisher.flush() else { return }
    do { try store.takeBack(id) } catch {
      log.warning("an edited file's old name stays", [.reason: "\(error)"])
    }
  }

  /// Reads the first bytes: what is no MCAP file is refused once, until it changes.
  private func refusal(_ path: String) throws -> String? {
    let source = try FileSource(path)
    guard case .notMCAP(let reason) = RecordingKind(firstBytes: try source.read(at: 0, count: 8)[...]) else {
      return nil
    }
    let file = RefusedFile(path: path, stamp: FileStamp(source.opened), reason: reason)
    let isNew = state.withLock { state in
      defer { state.refused[path] = file }
      return state.refused[path] != file
    }
    if isNew {
      log.warning("a file was refused", [.path: path, .reason: reason])
      publisher.add { $0.refusedFiles.append(file) }
    }
    return reason
  }

  /// The last path component, at most 255 bytes (protocol §4).
  private static func statedName(_ path: String) -> String {
    var name = Files.name(of: path)
    while name.utf8.count > Limits.nameBytesMax { name.removeLast() }
    return name
  }
}

/// Both digests and what sealing must know, while the bytes pass by once.
private final class Reading {
  private var digest: FileDigest? = FileDigest()
  private(set) var probe = RecordingProbe()
  private(set) var result: (id: ContentID, map: BlockMap)?

  func take(_ bytes: ArraySlice<UInt8>) {
    digest?.update(bytes)
    probe.append(bytes)
  }

  func contentID() -> ContentID {
    guard let digest = digest.take() else { preconditionFailure("a file is read once") }
    let finished = digest.finish()
    result = (finished.contentID, finished.map)
    return finished.contentID
  }
}
