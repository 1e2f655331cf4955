import AcqCore
import AcqCrypto
import AcqReplication
import AcqStore
import AcqSystem
import Synchronization

extension Ledger {
  /// Numbers, signs and stores statements of this node together with other changes of node.db, in one transaction.
  /// `onDurable` runs after the commit and before anyone is told.
  func author(_ drafts: [Draft], with change: NodeChange = NodeChange(), onDurable: () -> Void = {}) throws {
    try state.withLock { state in try write(drafts, change, &state, onDurable: onDurable) }
  }

  private func write(
    _ drafts: [Draft], _ change: NodeChange, _ state: inout State, onDurable: () -> Void = {}
  ) throws {
    // Another machine uses this key: what is here is still kept, but nothing is said any more.
    let drafts = state.ownNumbers.isStopped ? [] : drafts
    var rows: [StoredStatement] = []
    var (sequence, stored) = (state.sequence, state.stored)
    for draft in drafts {
      sequence += 1
      stored += 1
      let statement = Statement.signed(
        kind: draft.kind, subject: draft.subject, shard: draft.shard, sequence: sequence, body: draft.body,
        by: key)
      let reference = StatementRef(author: key.id, key: statement.registerKey, hash: statement.hash)
      rows.append(
        StoredStatement(
          statement: statement, reference: reference,
          entry: ManifestEntry(sequence: sequence, hash: reference.hash, stored: stored, source: nil)))
    }
    var change = change
    if !drafts.isEmpty { change.ownSequence = sequence }
    try commit(rows, change) {
      (state.sequence, state.stored) = (sequence, stored)
      onDurable()
    }
  }

  /// What to do about a statement of our own from another life: nil stores it as it is; else what to publish above it.
  func answer(
    _ statement: Statement, _ reference: StatementRef, _ state: inout State
  ) throws -> [OwnNumbers.Publication]? {
    let current = try store.database.statement(register: reference.key)?.body
    switch state.ownNumbers.answer(statement, key: reference.key, current: current, at: Clock.monotonic()) {
    case .takeOver: return nil
    case .publish(let publication): return [publication]
    case .later: return []
    case .stop:
      let text =
        "another machine uses this node's key: stop one of them, or give it a key of its own (acqd keygen)"
      if !state.alarms.contains(text) {
        state.alarms.append(text)
        log.error(
          "another machine uses this node's key; this one states nothing any more", [.node: key.id.short])
      }
      return []
    }
  }

  /// Publishes what waited long enough; returns when to call again.
  func publishDue() throws -> Instant? {
    try state.withLock { state in
      for publication in state.ownNumbers.due(at: Clock.monotonic()) { try publish(publication, &state) }
      return state.ownNumbers.deadline
    }
  }

  /// Says the present truth above what another life of this node said.
  func publish(_ publication: OwnNumbers.Publication, _ state: inout State) throws {
    var draft = Draft(
      kind: publication.kind, subject: publication.subject, shard: publication.shard, body: [])
    switch publication.kind {
    case .holding: draft.body = (holdingBody.withLock { $0 }?(publication.shard) ?? emptyHolding).encoded
    case .node: draft.body = nodeBody().encoded
    case .annotation:
      let current =
        try store.database.statement(register: publication.key)
        .flatMap { AnnotationBody(decoding: $0.body) } ?? AnnotationBody(fields: [:])
      draft.body = publication.merging.map { OwnNumbers.merge(current, $0) }?.encoded ?? current.encoded
    case _: preconditionFailure("only registers that say the present truth are published again")
    }
    try write([draft], NodeChange(), &state)
  }

  // MARK: - What this node says of itself

  private var emptyHolding: HoldingBody { HoldingBody(held: [], freed: [], asOfMs: Clock.wallMs()) }

  func nodeBody() -> NodeBody {
    let space = (try? store.space()) ?? (freeBytes: 0, totalBytes: 0)
    return NodeBody(
      name: cards.withLock { $0[key.id]?.name } ?? key.id.short, freeBytes: space.freeBytes,
      version: Version.program, isClockSet: isClockSet)
  }
}
