package import AcqCore
import AcqCrypto
import AcqReplication
package import AcqStore
import AcqSystem

/// Commits what this node holds together with the receipt that says so, and only then lets it be told. Changes of one
/// second share a transaction (protocol §4: at most one publication a second); a withdrawal waits for nothing.
package final class Publisher: Sendable {
  /// The least time between two publications.
  private static let period = Duration.seconds(1)
  /// How long until a failed commit is tried again.
  private static let retryPeriod = Duration.seconds(1)

  private struct State {
    var holdings: Holdings
    var change = NodeChange()
    var drafts: [Ledger.Draft] = []
    var shards: Set<UInt8> = []
    var isUrgent = false
    var isStopped = false
    var lastAt: Instant?
    var failure: String?
    /// Held on the medium and not yet committed: counts as held for everything but the receipt.
    var pendingHeld: Set<ContentID> = []
    var isBusy = false

    var hasWork: Bool { !shards.isEmpty || !drafts.isEmpty || !change.isEmpty }
  }

  private let ledger: Ledger
  private let state: Monitor<State>
  private let keepsCatalog: Bool
  private let log: Log
  private let onCommitted: @Sendable (_ held: [ContentID]) -> Void

  /// `onCommitted` hears of recordings whose receipt was just said.
  package init(
    ledger: Ledger, holdings: Holdings, keepsCatalog: Bool, log: Log,
    onCommitted: @escaping @Sendable (_ held: [ContentID]) -> Void
  ) {
    self.ledger = ledger
    self.keepsCatalog = keepsCatalog
    self.log = log
    self.onCommitted = onCommitted
    state = Monitor(State(holdings: holdings))
  }

  /// Why nothing is published at the moment; nil when it is.
  package var failure: String? { state.withLock { $0.failure } }

  /// Reads the holdings.
  package func read<Result>(_ body: (Holdings) -> Result) -> Result { state.withLock { body($0.holdings) } }

  /// Whether a recording is held, or will be as soon as the next commit is done.
  func holdsOrWill(_ id: ContentID) -> Bool {
    state.withLock { $0.holdings.isHeld(id) || $0.pendingHeld.contains(id) }
  }

  /// The present truth of one shard, for the ledger's answers to another life of this node.
  func holdingBody(_ shard: UInt8) -> HoldingBody {
    state.withLock { $0.holdings.body(shard, asOfMs: Clock.wallMs(), keepsCatalog: keepsCatalog) }
  }

  // MARK: - Changes

  /// A recording is installed: verified and durable. `add` may put more into the same transaction.
  package func held(
    _ record: ObjectRecord, drafts: [Ledger.Draft] = [], _ add: (inout NodeChange) -> Void = { _ in }
  ) {
    state.change { state in
      state.change.objectsAdded.append(record)
      state.change.stagingRemoved.append(record.id)
      state.pendingHeld.insert(record.id)
      state.drafts += drafts
      state.shards.insert(record.id[0])
      add(&state.change)
    }
  }

  /// Recordings that cannot be proved any more: out of the receipt at once.
  package func withdraw(_ ids: [ContentID]) {
    guard !ids.isEmpty else { return }
    state.change { state in
      state.change.objectsRemoved += ids
      state.change.cataloguedRemoved += ids
      state.change.objectsAdded.removeAll { ids.contains($0.id) }
      state.pendingHeld.subtract(ids)
      state.shards.formUnion(ids.map { $0[0] })
      state.isUrgent = true
    }
    for id in ids { ledger.engine.handle(.withdrawn(id)) }
  }

  /// Recordings that are durably in the catalog.
  package func catalogued(_ ids: [ContentID]) {
    state.change { state in
      let new = ids.filter { id in
        (state.holdings.isHeld(id) || state.pendingHeld.contains(id)) && !state.holdings.isCatalogued(id)
      }
      guard !new.isEmpty else { return }
      state.change.cataloguedAdded += new
      state.shards.formUnion(new.map { $0[0] })
    }
  }

  /// Exactly these are in the catalog, by its own word; what is held and not among them is to be catalogued again.
  func setCatalogued(_ ids: Set<ContentID>) {
    let gone = state.change { state -> [ContentID] in
      let gone = state.holdings.catalogued.subtracting(ids)
      state.change.cataloguedRemoved += gone
      state.change.cataloguedAdded.removeAll { gone.contains($0) }
      state.shards.formUnion(gone.map { $0[0] })
      return Array(gone)
    }
    if !gone.isEmpty {
      log.warning("the catalog lost recordings; they are indexed again", [.count: gone.count])
    }
    catalogued(Array(ids))
  }

  /// Other things to commit and say with the next publication.
  package func add(_ drafts: [Ledger.Draft] = [], _ change: (inout NodeChange) -> Void = { _ in }) {
    state.change { state in
      state.drafts += drafts
      change(&state.change)
      state.isUrgent = state.isUrgent || drafts.isEmpty
    }
  }

  /// Waits until everything that was added is committed; false when that failed or the publisher stopped.
  package func flush() -> Bool {
    state.change { $0.isUrgent = true }
    return state.wait { state -> Bool? in
      if !state.hasWork && !state.isBusy { return true }
      return state.isStopped || state.failure != nil ? false : nil
    } ?? false
  }

  // MARK: - The thread

  /// Publishes until `stop`; what is there then is still committed. Runs on a thread of its own.
  package func run() {
    while let batch = next() {
      do {
        try commit(batch)
        state.change { state in
          state.isBusy = false
          state.failure = nil
        }
      } catch {
        log.error("holdings could not be committed; tried again", [.reason: "\(error)"])
        state.change { state in
          state.isBusy = false
          state.failure = "\(error)"
          restore(batch, &state)
        }
        if state.withLock({ $0.isStopped }) { return }
        _ = state.wait(until: Clock.monotonic() + Self.retryPeriod) { $0.isStopped ? true : nil }
      }
    }
  }

  /// Commits what is left and ends `run`.
  package func stop() { state.change { $0.isStopped = true } }

  private struct Batch {
    var change: NodeChange
    var drafts: [Ledger.Draft]
    var shards: Set<UInt8>
    var holdings: Holdings
  }

  private func next() -> Batch? {
    while true {
      let due = state.withLock { state in
        state.hasWork && !state.isUrgent ? state.lastAt.map { $0 + Self.period } : nil
      }
      let isReady = state.wait(until: due) { state -> Bool? in
        if state.isStopped { return state.hasWork }
        guard state.hasWork else { return nil }
        let isDue = state.lastAt.map { $0 + Self.period <= Clock.monotonic() } ?? true
        return state.isUrgent || isDue ? true : due == nil ? true : nil
      }
      switch isReady {
      case true?:
        if let batch = state.change({ take(&$0) }) { return batch }
      case false?: return nil
      case nil: continue
      }
    }
  }

  private func take(_ state: inout State) -> Batch? {
    let isDue = state.lastAt.map { $0 + Self.period <= Clock.monotonic() } ?? true
    guard state.isUrgent || isDue || state.isStopped else { return nil }
    var holdings = state.holdings
    // Removed first, added after: a recording that came back in the same second is held.
    for id in state.change.objectsRemoved { holdings.withdraw(id) }
    for id in state.change.cataloguedRemoved { holdings.uncatalogue(id) }
    for record in state.change.objectsAdded { holdings.hold(record.id) }
    for id in state.change.cataloguedAdded { holdings.catalogue(id) }
    let batch = Batch(change: state.change, drafts: state.drafts, shards: state.shards, holdings: holdings)
    state.change = NodeChange()
    state.drafts = []
    state.shards = []
    state.isUrgent = false
    state.isBusy = true
    // Only receipts are held back: a word about the node itself must not delay the next one.
    if !batch.shards.isEmpty { state.lastAt = Clock.monotonic() }
    return batch
  }

  private func commit(_ batch: Batch) throws {
    let receipts = batch.shards.sorted().map { shard in
      Ledger.Draft(
        kind: .holding, subject: SubjectID(sameBytesAs: ledger.key.id), shard: shard,
        body: batch.holdings.body(shard, asOfMs: Clock.wallMs(), keepsCatalog: keepsCatalog).encoded)
    }
    // The mirror first: the ledger may ask for the present truth as soon as the commit is done.
    try ledger.author(batch.drafts + receipts, with: batch.change) { [self] in
      state.withLock { state in
        state.holdings = batch.holdings
        state.pendingHeld.subtract(batch.change.objectsAdded.map(\.id))
      }
    }
    if !batch.change.objectsAdded.isEmpty { onCommitted(batch.change.objectsAdded.map(\.id)) }
  }

  private func restore(_ batch: Batch, _ state: inout State) {
    var change = batch.change
    change.append(state.change)
    state.change = change
    state.drafts = batch.drafts + state.drafts
    state.shards.formUnion(batch.shards)
  }
}
