package import AcqCatalog
package import AcqCore
package import AcqReplication
import AcqSystem
import MCAP

/// Fills the catalog with what the node holds. Its backlog is "held minus catalogued", not a queue, so nothing is
/// forgotten when the program ends; a recording is catalogued only once the catalog said that it is durable.
package final class Ingest: Sendable {
  /// Recordings of which a scan failed are tried again after this long: a damaged one will not get better soon.
  private static let failurePeriod = Duration.seconds(600)
  /// Pauses while the catalog is away.
  private static let pauses = (first: Duration.milliseconds(500), last: Duration.seconds(10))
  /// Ids read from the catalog at once.
  private static let pageIDs = 1_000

  /// What the rest of the daemon gives.
  package struct Context: Sendable {
    package var catalog: any Catalog
    /// Held recordings that are not catalogued, the most wanted first.
    package var backlog: @Sendable () -> [ContentID]
    /// All held recordings.
    package var held: @Sendable () -> Set<ContentID>
    /// Opens a held recording.
    package var open: @Sendable (ContentID) throws -> any ByteSource & Sendable
    /// Who stated it, and what.
    package var stated: @Sendable (ContentID) -> (StatedRecording, originName: String)?
    /// Says durably, and to the team, that these are catalogued.
    package var catalogued: @Sendable ([ContentID]) -> Void
    /// Says that exactly these are.
    package var setCatalogued: @Sendable (Set<ContentID>) -> Void
    package var log: Log

    /// Everything; see the properties.
    package init(
      catalog: any Catalog,
      backlog: @escaping @Sendable () -> [ContentID],
      held: @escaping @Sendable () -> Set<ContentID>,
      open: @escaping @Sendable (ContentID) throws -> any ByteSource & Sendable,
      stated: @escaping @Sendable (ContentID) -> (StatedRecording, originName: String)?,
      catalogued: @escaping @Sendable ([ContentID]) -> Void,
      setCatalogued: @escaping @Sendable (Set<ContentID>) -> Void,
      log: Log
    ) {
      self.catalog = catalog
      self.backlog = backlog
      self.held = held
      self.open = open
      self.stated = stated
      self.catalogued = catalogued
      self.setCatalogued = setCatalogued
      self.log = log
    }
  }

  private struct State {
    var isStopped = false
    var generation = 0
    var reason: String? = "the catalog was not asked yet"
    var failures: [ContentID: (reason: String, retryAt: Instant)] = [:]
    /// In the catalog, and perhaps not yet in the receipt that says so.
    var done: Set<ContentID> = []
  }

  private let context: Context
  private let state = Monitor(State())

  /// Works on what `context` gives, once it runs.
  package init(_ context: Context) { self.context = context }

  /// Why ingest does not go on; nil when it does.
  package var reason: String? { state.withLock { $0.reason } }

  /// Recordings that could not be read, and why.
  package var failures: [ContentID: String] { state.withLock { $0.failures.mapValues(\.reason) } }

  /// There may be something new.
  package func wake() { state.change { $0.generation += 1 } }

  /// Ends `run` after the recording in hand.
  package func stop() { state.change { $0.isStopped = true } }

  /// Works until `stop`. Runs on a thread of its own.
  package func run() {
    var pause = Self.pauses.first
    var isReconciled = false
    while !isStopped {
      let generation = state.withLock { $0.generation }
      do {
        if !isReconciled {
          try reconcile()
          isReconciled = true
        }
        try work()
        pause = Self.pauses.first
        state.withLock { $0.reason = nil }
        sleep(since: generation, until: nextRetry())
      } catch let error as CatalogError {
        isReconciled = false
        state.withLock { $0.reason = error.description }
        context.log.warning(
          "ingest waits for the catalog", [.catalog: context.catalog.place, .reason: error])
        sleep(since: nil, until: Clock.monotonic() + pause)
        pause = min(pause * 2, Self.pauses.last)
      } catch {
        state.withLock { $0.reason = "\(error)" }
        context.log.warning("ingest waits", [.reason: "\(error)"])
        sleep(since: nil, until: Clock.monotonic() + Self.pauses.last)
      }
    }
  }

  private var isStopped: Bool { state.withLock { $0.isStopped } }

  private func nextRetry() -> Instant? { state.withLock { $0.failures.values.map(\.retryAt).min() } }

  private func sleep(since generation: Int?, until deadline: Instant?) {
    _ = state.wait(until: deadline) { state in
      state.isStopped || (generation.map { $0 != state.generation } ?? false) ? true : nil
    }
  }

  /// Learns from the catalog itself what is in it: after a start, and after it was away or lost.
  private func reconcile() throws {
    let held = context.held()
    var known: Set<ContentID> = []
    var last: ContentID?
    repeat {
      let page = try context.catalog.ids(after: last, limit: Self.pageIDs)
      known.formUnion(page.filter(held.contains))
      last = page.last
    } while last != nil && !isStopped
    guard !isStopped else { return }
    state.withLock { $0.done.formIntersection(known) }
    context.setCatalogued(known)
  }

  private func work() throws {
    while !isStopped {
      let now = Clock.monotonic()
      let backlog = context.backlog()
      let next = state.withLock { state -> ContentID? in
        state.done.formIntersection(backlog)
        return backlog.first { id in
          !state.done.contains(id) && (state.failures[id].map { $0.retryAt <= now } ?? true)
        }
      }
      guard let next else { return }
      try ingest(next)
    }
  }

  private func ingest(_ id: ContentID) throws {
    guard let (stated, originName) = context.stated(id) else {
      return fail(id, "held without a RECORDING statement")
    }
    let start = Clock.monotonic()
    switch scan(id) {
    case .failure(let failure): fail(id, failure.reason)
    case .success(let summary):
      if isStopped { return }
      let entry = Self.entry(id, stated, originName: originName, summary)
      if let reason = try put(entry) { return fail(id, reason) }
      context.catalogued([id])
      state.withLock { state in
        state.failures[id] = nil
        state.done.insert(id)
      }
      context.log.notice(
        "catalogued",
        [
          .recording: id.short, .name: stated.body.name, .count: summary.messageCount,
          .seconds: (Clock.monotonic() - start).inSeconds,
        ])
    }
  }

  private struct Failure: Error { let reason: String }

  private func scan(_ id: ContentID) -> Result<RecordingSummary, Failure> {
    do {
      return .success(
        try RecordingSummary.scan(try context.open(id), isCancelled: { [self] in isStopped }))
    } catch { return .failure(Failure(reason: "\(error)")) }
  }

  /// Puts an entry; the reason when the catalog will never take it. Throws when it is away.
  private func put(_ entry: CatalogEntry) throws -> String? {
    do {
      try context.catalog.put(entry)
      return nil
    } catch {
      if error.kind == .rejected { return error.description }
      throw error
    }
  }

  private func fail(_ id: ContentID, _ reason: String) {
    state.withLock { $0.failures[id] = (reason, Clock.monotonic() + Self.failurePeriod) }
    context.log.error("a recording could not be catalogued", [.recording: id, .reason: reason])
  }

  private static func entry(
    _ id: ContentID, _ stated: StatedRecording, originName: String, _ summary: RecordingSummary
  ) -> CatalogEntry {
    CatalogEntry(
      id: id, name: stated.body.name, origin: stated.origin, originName: originName,
      sizeBytes: stated.body.sizeBytes, startNs: summary.startNs, endNs: summary.endNs,
      isCutOff: summary.isCutOff,
      topics: summary.topics.map {
        CatalogTopic(name: $0.name, schema: $0.schemaName, encoding: $0.messageEncoding, count: $0.count)
      },
      metadata: summary.metadata.map {
        CatalogMetadata(name: $0.name, fields: $0.fields.map { ($0.key, $0.value) })
      },
      parent: stated.body.parent, problems: summary.problems)
  }
}
