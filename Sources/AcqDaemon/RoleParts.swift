import AcqCatalog
import AcqCore
import AcqReplication
import AcqStore
import AcqSystem

/// What only one role has: the car's watch and sealer, the cloud's catalog, ingest and exports.
final class RoleParts: Sendable {
  let watch: CarWatch?
  let sealer: Sealer?
  let ingest: Ingest?
  let recordings: RecordingsAPI?
  private let watcher: DirectoryWatcher?
  private let catalogPlace: String?

  init(
    _ configuration: Configuration, store: DirectoryStore, engine: Engine, publisher: Publisher,
    ledger: Ledger,
    repair: Repair, log: Log
  ) throws {
    switch configuration.role {
    case .car:
      let directory = configuration.recorderDirectory ?? "\(configuration.state)/incoming"
      try Files.makeDirectories(directory)
      let sealer = try Sealer(store: store, publisher: publisher, engine: engine, log: log)
      let watch = CarWatch(directory: directory, sealer: sealer, log: log)
      repair.whenTakenBack { watch.wake() }
      (self.watch, self.sealer, watcher) = (watch, sealer, try DirectoryWatcher(directory))
      (ingest, recordings, catalogPlace) = (nil, nil, nil)
    case .base:
      (watch, sealer, watcher, ingest, recordings, catalogPlace) = (nil, nil, nil, nil, nil, nil)
    case .cloud:
      let catalog = try Self.openCatalog(configuration, log: log)
      let exports = try ExportCache(directory: "\(configuration.state)/cache", log: log) {
        Self.cacheBytes(configuration.cacheMax, store)
      }
      ingest = Ingest(Self.ingestContext(catalog, store, engine, publisher, log))
      recordings = RecordingsAPI(
        context: RecordingsAPI.Context(
          catalog: catalog, open: { try store.openObject($0) }, view: { engine.read(\.view) },
          exports: exports,
          scratchDirectory: "\(configuration.state)/cache", log: log))
      catalogPlace = catalog.place
      (watch, sealer, watcher) = (nil, nil, nil)
    }
  }

  private static func openCatalog(_ configuration: Configuration, log: Log) throws -> any Catalog {
    switch configuration.catalog {
    case .sqlite: try Catalogs.open(spec: "sqlite", directory: configuration.state, log: log)
    case .mongodb(let uri): try Catalogs.open(spec: uri, directory: configuration.state, log: log)
    }
  }

  private static func cacheBytes(_ limit: Configuration.CacheMax, _ store: DirectoryStore) -> UInt64 {
    switch limit {
    case .bytes(let bytes): bytes
    case .percent(let percent): UInt64(Double((try? store.space().totalBytes) ?? 0) * percent / 100)
    }
  }

  private static func ingestContext(
    _ catalog: any Catalog, _ store: DirectoryStore, _ engine: Engine, _ publisher: Publisher, _ log: Log
  ) -> Ingest.Context {
    Ingest.Context(
      catalog: catalog,
      backlog: {
        let waiting = publisher.read(\.uncatalogued)
        return engine.read { replica in
          waiting.map { (id: $0, sequence: replica.view.stated($0)?.sequence ?? 0) }
            .sorted { ($0.sequence, $0.id) > ($1.sequence, $1.id) }.map(\.id)
        }
      }, held: { publisher.read(\.held) }, open: { try store.openObject($0) },
      stated: { id in
        engine.read { replica in
          replica.view.stated(id).map {
            ($0, originName: replica.view.members[$0.origin]?.name ?? $0.origin.short)
          }
        }
      }, catalogued: { publisher.catalogued($0) }, setCatalogued: { publisher.setCatalogued($0) }, log: log)
  }

  /// Starts the role's threads. `adopt` runs when it cannot get in the way of sealing.
  func start(
    spawn: (String, @escaping @Sendable () -> Void) throws -> Void, adopt: @escaping @Sendable () -> Void
  ) throws {
    if let watch, let watcher {
      try spawn("watch") { watcher.run { watch.wake() } }
      try spawn("seal") {
        watch.scan()
        adopt()
        watch.run()
      }
    } else {
      try spawn("adopt", adopt)
    }
    if let ingest { try spawn("ingest") { ingest.run() } }
  }

  func stop() {
    watch?.stop()
    watcher?.stop()
    ingest?.stop()
    recordings?.context.exports.stop()
  }

  /// What only this role can tell of its state.
  func statusSources(
    upkeep: Upkeep, ledger: Ledger, publisher: Publisher, receiver: Receiver
  ) -> StatusCollector.Sources {
    let (watch, ingest) = (watch, ingest)
    return StatusCollector.Sources(
      localFiles: { watch?.localFiles ?? [] }, catalogReason: { ingest?.reason },
      ingestFailures: { ingest?.failures ?? [:] }, isDiskFull: { upkeep.isDiskFull },
      alarms: {
        ledger.alarms + (publisher.failure.map { ["holdings cannot be committed: \($0)"] } ?? [])
          + upkeep.alarms + receiver.alarms
      })
  }
}
