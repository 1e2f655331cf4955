import AcqCatalog
public import AcqCore
import AcqCrypto
import AcqHTTP
import AcqReplication
import AcqStore
import AcqSystem
import AcqWire

/// A whole node: composes the rooms for its role, starts them in the order in which nothing false can be said, and
/// stops them so that nothing is lost.
public final class Daemon: Sendable {
  let configuration: Configuration
  let card: Card
  let key: NodeKey
  let store: DirectoryStore
  let engine: Engine
  let ledger: Ledger
  let publisher: Publisher
  let receiver: Receiver
  let links: PeerLinks
  let roleParts: RoleParts
  let status: StatusCollector
  let upkeep: Upkeep
  let log: Log
  private let lock: FileLock
  private let repair: Repair
  /// Takes up what an earlier life left in objects/ without listing it.
  private let adopt: @Sendable () -> Void
  private let server = Monitor<HTTPServer?>(nil)
  private let threads = Monitor<[Thread]>([])

  /// Opens everything; nothing is served yet. Throws what a person must mend, in one line.
  public init(_ configuration: Configuration, log: Log) throws {
    self.configuration = configuration
    self.log = log
    let state = configuration.state
    try Files.makeDirectories(state, permissions: 0o750)
    do throws(Errno) { lock = try FileLock("\(state)/lock") } catch {
      throw DaemonError("another acqd runs on \(state): \(error)")
    }
    key = try KeyFile.load(state: state)
    guard key.role == configuration.role else {
      throw DaemonError(
        "the key in \(state) is that of a \(key.role.name), not of a \(configuration.role.name): "
          + "another role is another node (acqd keygen --role \(configuration.role.name))")
    }
    card = KeyFile.card(of: key, name: configuration.name, state: state)
    let book = try PeerBook.load(state: state, team: configuration.team, own: key.id)
    let database = try NodeDatabase("\(state)/node.db", node: key.id)
    store = try DirectoryStore(disk: try POSIXDisk(root: state), database: database, node: key.id, log: log)
    let found = try store.start()
    engine = Engine(try Self.loadReplica(database, card, book), log: log)
    ledger = try Ledger(key: key, engine: engine, store: store, cards: Self.cards(card, book), log: log)
    ledger.isClockSet = Upkeep.isClockSet(role: key.role)
    let placer = Placer(store: store, engine: engine, role: key.role, log: log)
    let ingestWake = Monitor<(@Sendable () -> Void)?>(nil)
    publisher = Publisher(
      ledger: ledger, holdings: try Self.holdings(database), keepsCatalog: key.role == .cloud,
      log: log
    ) { ids in
      placer.place(ids)
      ingestWake.withLock { $0 }?()
    }
    let publisher = publisher
    ledger.holdingBody.withLock { $0 = { publisher.holdingBody($0) } }
    receiver = try Receiver(
      engine: engine, store: store, publisher: publisher, minFreeBytes: configuration.minFreeBytes, log: log)
    repair = Repair(store: store, publisher: publisher, engine: engine, log: log)
    let serving = RecordingServer(store: store) { [repair] id, reason in repair.broken(id, reason) }
    links = try PeerLinks(
      key: key, book: book, listen: configuration.listen,
      context: Connection.Context(
        engine: engine, ledger: ledger, receiver: receiver, server: serving, log: log))
    roleParts = try RoleParts(
      configuration, store: store, engine: engine, publisher: publisher, ledger: ledger, repair: repair,
      log: log)
    upkeep = Upkeep(
      configuration: configuration, store: store, engine: engine, ledger: ledger, publisher: publisher,
      sealer: roleParts.sealer, card: card, log: log)
    status = StatusCollector(
      engine: engine,
      sources: roleParts.statusSources(
        upkeep: upkeep, ledger: ledger, publisher: publisher, receiver: receiver))
    if let ingest = roleParts.ingest { ingestWake.withLock { $0 = { ingest.wake() } } }
    adopt = { [publisher, repair] in
      repair.adopt(found.unlisted)
      placer.place(Array(publisher.read(\.held)))
    }
    try withdraw(found)
  }

  /// What must be true before anything is served: receipts that cannot be proved are withdrawn.
  private func withdraw(_ found: StartReport) throws {
    engine.connect(handlers())
    engine.handle(.present(found.unlisted))
    try spawn("publish") { [publisher] in publisher.run() }
    for (id, reason) in found.withdrawn {
      log.error("a held recording is gone; its receipt is withdrawn", [.recording: id, .reason: reason])
    }
    publisher.withdraw(found.withdrawn.map(\.id))
    guard found.withdrawn.isEmpty || publisher.flush() else {
      throw DaemonError("receipts could not be withdrawn: \(publisher.failure ?? "node.db")")
    }
    for name in found.strangers { log.warning("a file that is not ours lies in objects/", [.path: name]) }
  }

  private static func loadReplica(_ database: NodeDatabase, _ card: Card, _ book: PeerBook) throws -> Replica
  {
    let members = members(card, book)
    var manifest = Manifest(accepted: Set(members.filter(\.isAccepted).map(\.id)))
    var view = TeamView(own: card.id, members: members)
    try database.loadLedger { row in
      manifest.set(
        author: row.statement.author, key: row.key,
        entry: ManifestEntry(
          sequence: row.statement.sequence, hash: row.hash, stored: row.stored, source: row.source))
      view.apply(row.statement)
    }
    let marks = try database.marks().mapValues { CatchUp.Mark(counter: $0.counter, authors: $0.common) }
    return Replica(
      own: card.id, greeting: Replica.Greeting(name: card.name, version: Version.program), manifest: manifest,
      view: view, marks: marks)
  }

  static func members(_ own: Card, _ book: PeerBook) -> [Member] {
    [Member(id: own.id, name: own.name, role: own.role, isAccepted: true)]
      + book.peers.filter { $0.id != own.id }.map {
        Member(id: $0.id, name: $0.name, role: $0.card.role, isAccepted: $0.isTrusted)
      }
  }

  static func cards(_ own: Card, _ book: PeerBook) -> [Card] {
    [own] + book.peers.map(\.card).filter { $0.id != own.id }
  }

  private static func holdings(_ database: NodeDatabase) throws -> Holdings {
    Holdings(
      held: try database.objects().map(\.id), freed: try database.freed(),
      catalogued: try database.catalogued())
  }

  private func handlers() -> Engine.Handlers {
    let (store, receiver, ledger, links, upkeep, engine, log) = (
      store, receiver, ledger, links, upkeep, engine, log
    )
    return Engine.Handlers(
      setMark: { peer, mark in
        var change = NodeChange()
        change.marks[peer] = AcqStore.Mark(counter: mark.counter, common: mark.authors)
        // An older mark is always safe: a failure costs a longer comparison, nothing else.
        do { try store.commit(change) } catch { log.debug("a mark was not kept", [.reason: "\(error)"]) }
      },
      findStatements: { id, requestID, hashes in
        do {
          let found = try ledger.find(hashes)
          engine.handle(.found(id, requestID: requestID, found, isComplete: found.count == hashes.count))
        } catch {
          log.warning("statements could not be looked up", [.reason: "\(error)"])
          engine.handle(.found(id, requestID: requestID, [], isComplete: false))
        }
      }, transfer: { receiver.perform($0) },
      clockHeard: { peer, wallMs, isSet in upkeep.clockHeard(peer, wallMs: wallMs, isSet: isSet) },
      connected: { links.connected($0) },
      disconnected: { links.disconnected($0, wasViolation: $1) })
  }

  func spawn(_ name: String, _ body: @escaping @Sendable () -> Void) throws {
    let thread = try Thread.start(name: name, body)
    threads.change { $0.append(thread) }
  }

  // MARK: - Life

  /// Serves: pages and API, peers, the role's own work. Returns at once.
  public func start() throws {
    let routes = Routes(daemon: self)
    let http = configuration.http
    let server = HTTPServer(
      endpoints: [
        .unix(path: "\(configuration.state)/acqd.sock"),
        .tcp(host: http.listen.isWildcard ? nil : http.listen.host, port: http.listen.port),
      ], admit: { http.isPublic || $0.isPrivate }, log: log, handler: { routes.answer($0) })
    try server.start()
    self.server.withLock { $0 = server }
    try spawn("clock") { [engine] in engine.runClock() }
    try spawn("upkeep") { [upkeep] in upkeep.run() }
    try roleParts.start(spawn: { [self] in try spawn($0, $1) }, adopt: adopt)
    try links.start(try PeerBook.load(state: configuration.state, team: configuration.team, own: key.id))
    log.notice(
      "started",
      [
        .role: key.role.name, .name: card.name, .port: links.port,
        .url: "http://\(http.listen.isWildcard ? "127.0.0.1" : http.listen.host):\(httpPort)/",
        .path: configuration.state, .version: Version.program,
      ])
  }

  /// The port of pages and API.
  public var httpPort: UInt16 { server.withLock { $0?.ports.first } ?? configuration.http.listen.port }
  /// The port that peers dial.
  public var replicationPort: UInt16 { links.port }

  /// Reads cards and trust again; sessions restart where the accepted nodes changed.
  public func reload() throws {
    let book = try PeerBook.load(state: configuration.state, team: configuration.team, own: key.id)
    ledger.setCards(Self.cards(card, book))
    try links.use(book)
    engine.handle(.membersChanged(Self.members(card, book)))
    log.notice("cards read again", [.count: book.peers.count])
  }

  /// Stops within two seconds; everything that was acknowledged is on disk.
  public func stop() {
    links.stop()
    engine.stop()
    repair.stop()
    roleParts.stop()
    upkeep.stop()
    server.withLock { $0 }?.stop()
    receiver.stop()
    publisher.stop()
    for thread in threads.withLock({ $0 }) { thread.join() }
    log.notice("stopped", [.role: key.role.name, .name: card.name])
  }
}
