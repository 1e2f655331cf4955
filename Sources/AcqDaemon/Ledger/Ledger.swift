package import AcqCore
package import AcqCrypto
import AcqReplication
package import AcqStore
import AcqSystem
import Synchronization

/// The node's statements: takes those of peers, writes its own, and keeps disk, manifest and view in step. One writer
/// at a time; a statement has effect only after it is durable.
package final class Ledger: Sendable {
  struct State {
    /// Own counter: the number of the last statement of this node.
    var sequence: UInt64
    /// Store counter: statements stored so far, over all lives of this database.
    var stored: UInt64
    var ownNumbers = OwnNumbers()
    var evidence: EvidenceBook
    var alarms: [String] = []
    /// Authors that sent more statements than anyone may (protocol §4): out until the next start.
    var suspended: Set<NodeID> = []
  }

  /// What a node writes about itself or others, before it has a number.
  package struct Draft {
    var kind: StatementKind
    var subject: SubjectID
    var shard: UInt8
    var body: [UInt8]

    /// What to write.
    package init(kind: StatementKind, subject: SubjectID, shard: UInt8 = 0, body: [UInt8]) {
      self.kind = kind
      self.subject = subject
      self.shard = shard
      self.body = body
    }
  }

  let key: NodeKey
  let engine: Engine
  let store: DirectoryStore
  let log: Log
  let cards: Mutex<[NodeID: Card]>
  /// Held while a batch is decided and committed; never together with a wait for the network.
  let state: Monitor<State>
  private let clockSet = Mutex(false)
  /// The receipt of one shard as it is now; nil until the publisher is there.
  let holdingBody = Monitor<(@Sendable (UInt8) -> HoldingBody)?>(nil)

  /// A ledger over what the store's database has.
  package init(key: NodeKey, engine: Engine, store: DirectoryStore, cards: [Card], log: Log) throws {
    self.key = key
    self.engine = engine
    self.store = store
    self.log = log
    self.cards = Mutex(Dictionary(cards.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }))
    let database = store.database
    state = Monitor(
      State(
        sequence: try database.ownSequence(), stored: try database.storeCounter(),
        evidence: EvidenceBook(authors: Set(try database.evidence().keys))))
  }

  /// Whether this node's wall clock can be believed (protocol §11).
  var isClockSet: Bool {
    get { clockSet.withLock { $0 } }
    set { clockSet.withLock { $0 = newValue } }
  }

  /// What a person should know.
  var alarms: [String] { state.withLock { $0.alarms } }

  /// Replaces the cards, after trust or untrust.
  func setCards(_ new: [Card]) {
    cards.withLock { $0 = Dictionary(new.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }) }
  }

  // MARK: - Reading

  /// The statements that these registers hold now, in order; registers never vanish.
  func statements(_ references: ArraySlice<StatementRef>) throws -> [Statement] {
    try references.map { reference in
      guard let statement = try store.database.statement(register: reference.key) else {
        throw DaemonError("node.db lacks register \(reference.key.short) of \(reference.author.short)")
      }
      return statement
    }
  }

  /// Which of these hashes are current statements of accepted authors.
  func find(_ hashes: [StatementHash]) throws -> [StatementRef] {
    let accepted = engine.read(\.manifest.accepted)
    return try store.database.registers(hashes: hashes).filter { accepted.contains($0.author) }
      .map { StatementRef(author: $0.author, key: $0.key, hash: $0.hash) }
  }

  // MARK: - Taking

  private struct Candidate {
    let statement: Statement
    let reference: StatementRef
    let verdict: Join.Verdict
  }

  /// Deals with statements that a peer sent: stores what wins, durably, and lets it take effect.
  func take(_ statements: [Statement], from peer: NodeID) throws {
    let candidates = engine.read { replica in
      statements.map { statement in
        let reference = StatementRef(
          author: statement.author, key: statement.registerKey, hash: statement.hash)
        return Candidate(
          statement: statement, reference: reference, verdict: decide(statement, reference, replica))
      }
    }
    // Signatures are checked outside every lock: 70 µs each.
    let checked = candidates.filter { $0.verdict.needsSignature && isSigned($0.statement) }
    guard !checked.isEmpty else { return }
    try state.withLock { state in try store(checked, from: peer, &state) }
  }

  private func decide(_ statement: Statement, _ reference: StatementRef, _ replica: Replica) -> Join.Verdict {
    Join.decide(
      author: statement.author, key: reference.key, sequence: statement.sequence, hash: reference.hash,
      own: key.id, manifest: replica.manifest)
  }

  private func isSigned(_ statement: Statement) -> Bool {
    cards.withLock { $0[statement.author] }.map { statement.isSigned(by: $0) } ?? false
  }

  private func store(_ candidates: [Candidate], from peer: NodeID, _ state: inout State) throws {
    var rows: [StoredStatement] = []
    var latest: [RegisterKey: StoredStatement] = [:]
    var change = NodeChange()
    var republish: [OwnNumbers.Publication] = []
    for candidate in candidates {
      // Decided again under the writer's lock: another session may have brought it meanwhile.
      let verdict = engine.read { decide(candidate.statement, candidate.reference, $0) }
      if verdict.isEquivocation { try note(candidate.statement, candidate.reference, &change, &state) }
      switch verdict.decision {
      case .known, .older, .unaccepted: continue
      case .suspend:
        suspend(candidate.statement.author, &state)
        continue
      case .ownNumber:
        state.sequence = max(state.sequence, candidate.statement.sequence)
        change.ownSequence = state.sequence
        if let publications = try answer(candidate.statement, candidate.reference, &state) {
          republish += publications
          continue
        }
      case .store: break
      }
      if let earlier = latest[candidate.reference.key],
        !Join.wins(
          candidate.statement.sequence, candidate.reference.hash, over: earlier.entry.sequence,
          earlier.entry.hash)
      {
        continue
      }
      state.stored += 1
      let stored = StoredStatement(
        statement: candidate.statement, reference: candidate.reference,
        entry: ManifestEntry(
          sequence: candidate.statement.sequence, hash: candidate.reference.hash, stored: state.stored,
          source: peer))
      latest[candidate.reference.key] = stored
      rows.append(stored)
    }
    try commit(rows, change)
    for publication in republish { try publish(publication, &state) }
  }

  /// Commits, then lets take effect. Nothing is said of what is not durable.
  func commit(_ rows: [StoredStatement], _ change: NodeChange, onDurable: () -> Void = {}) throws {
    var change = change
    change.statements = rows.map(Self.row)
    guard !change.isEmpty else { return }
    try store.commit(change)
    onDurable()
    if !rows.isEmpty { engine.handle(.stored(rows)) }
  }

  private static func row(_ stored: StoredStatement) -> LedgerRow {
    LedgerRow(
      statement: stored.statement, hash: stored.reference.hash, key: stored.reference.key,
      stored: stored.entry.stored, source: stored.entry.source)
  }

  private func note(
    _ statement: Statement, _ reference: StatementRef, _ change: inout NodeChange, _ state: inout State
  ) throws {
    guard let current = engine.read({ $0.manifest.entry(author: reference.author, key: reference.key) }),
      let pair = state.evidence.note(
        author: reference.author, key: reference.key, current: current, second: reference.hash)
    else { return }
    if let first = try store.database.statement(register: reference.key) {
      change.evidence[pair.author] = (first: first, second: statement)
    }
    let name = cards.withLock { $0[pair.author]?.name } ?? pair.author.short
    state.alarms.append(
      "\(name) said two different things under one number: it was restored from an old copy, or its key is used twice"
    )
    log.error("an author said two things under one number", [.author: name, .count: pair.sequence])
  }

  private func suspend(_ author: NodeID, _ state: inout State) {
    guard state.suspended.insert(author).inserted else { return }
    let name = cards.withLock { $0[author]?.name } ?? author.short
    state.alarms.append("\(name) has more than \(Limits.statementsPerAuthorMax) statements and is suspended")
    log.error("an author is suspended", [.author: name, .limit: Limits.statementsPerAuthorMax])
  }
}
