import AcqCore
import AcqCrypto
import AcqReplication
import AcqWire

/// A node of the simulation: the real replica, with a ledger and a store that are dictionaries.
final class SimulatedNode {
  let id: NodeID
  let member: Member
  var replica: Replica
  var ledger: [RegisterKey: StoredStatement] = [:]
  var counter: UInt64 = 0
  var sequence: UInt64 = 0
  /// Recording → which of its bytes are staged, by block.
  var staged: [ContentID: [Int: Int]] = [:]
  var maps: [ContentID: BlockMap] = [:]
  var held: Set<ContentID> = []
  var receivedBytes = 0
  /// Bytes asked for and not here yet, now and at most.
  var (outstandingBytes, outstandingBytesMax) = (0, 0)

  init(_ member: Member, members: [Member]) {
    self.member = member
    id = member.id
    replica = Replica(
      own: member.id, greeting: Replica.Greeting(name: member.name, version: "0"),
      manifest: Manifest(accepted: Set(members.map(\.id))), view: TeamView(own: member.id, members: members),
      marks: [:])
  }
}

/// Nodes, links and time. Messages of a link arrive in order; a cut drops what is on its way. No clock but `now`.
struct ReplicaWorld {
  struct Link {
    let ends: [(node: Int, session: SessionID)]
    var queues: [[Message]] = [[], []]
  }

  var random: SeededRandom
  var nodes: [SimulatedNode]
  var links: [Link] = []
  var now = Instant(nanoseconds: 1_000_000_000)
  var lastSession: UInt64 = 0
  var contents: [ContentID: BlockMap] = [:]
  var messageCount = 0
  var cutCount = 0
  /// Share of blocks that a lying peer would send wrong; the receiver notices.
  var wrongBlocksLeft = 0

  init(seed: UInt64, roles: [Role]) {
    random = SeededRandom(seed: seed)
    let members = roles.enumerated().map { index, role in
      Member(
        id: SHA256.hash([UInt8(index)], as: NodeID.self), name: "\(role.name)-\(index)", role: role,
        isAccepted: true)
    }
    nodes = members.map { SimulatedNode($0, members: members) }
  }

  // MARK: - What happens

  /// A node seals a recording of `blockCount` blocks; the last one is short.
  mutating func seal(at index: Int, blockCount: Int) -> ContentID {
    let size = UInt64(max(0, blockCount - 1)) * UInt64(Limits.blockBytes) + UInt64(random.next() % 60_000 + 1)
    let blocks = (0..<blockCount).map { _ in SHA256.hash(random.bytes(8), as: BlockHash.self) }
    guard let map = BlockMap(sizeBytes: size, blocks: blocks) else { preconditionFailure("count fits size") }
    let id = SHA256.hash(random.bytes(8), as: ContentID.self)
    contents[id] = map
    let node = nodes[index]
    node.held.insert(id)
    node.maps[id] = map
    let body = RecordingBody(sizeBytes: size, blockRoot: map.root, name: "\(id.short).mcap", isCutOff: false)
    author(.recording, SubjectID(sameBytesAs: id), 0, body.encoded, at: index)
    publishHolding(id[0], at: index)
    return id
  }

  mutating func connect(_ a: Int, _ b: Int) {
    guard !links.contains(where: { Set($0.ends.map(\.node)) == [a, b] }) else { return }
    lastSession += 2
    let ends = [(node: a, session: SessionID(lastSession)), (node: b, session: SessionID(lastSession + 1))]
    links.append(Link(ends: ends))
    handle(.opened(ends[0].session, peer: nodes[b].id, isDialler: true), at: a)
    handle(.opened(ends[1].session, peer: nodes[a].id, isDialler: false), at: b)
  }

  mutating func cut(_ index: Int) {
    let link = links.remove(at: index)
    cutCount += 1
    for end in link.ends { handle(.closed(end.session), at: end.node) }
  }

  /// Delivers one message of a random direction, or lets time pass to the next deadline. False when all is quiet.
  mutating func step() -> Bool {
    let busy = links.indices.flatMap { link in
      [0, 1].filter { !links[link].queues[$0].isEmpty }.map { (link, $0) }
    }
    guard let (link, side) = busy.randomElement(using: &random) else {
      guard let deadline = nodes.compactMap(\.replica.deadline).min() else { return false }
      guard deadline - now < .seconds(4) else { return false }
      now = max(now, deadline)
      for index in nodes.indices { handle(.tick, at: index) }
      return true
    }
    let message = links[link].queues[side].removeFirst()
    messageCount += 1
    let target = links[link].ends[1 - side]
    deliver(message, to: target.node, over: target.session)
    return true
  }

  // MARK: - The shell

  private mutating func deliver(_ message: Message, to index: Int, over session: SessionID) {
    let node = nodes[index]
    guard let peer = node.replica.sessions[session]?.peer else { return }
    handle(.bytesRead(session), at: index)
    switch message {
    case .statement(_, let statement):
      take(statement, from: peer, at: index)
      handle(.statementsDealt(session, count: 1), at: index)
    case .data(let header, let payload):
      node.receivedBytes += payload.count
      node.outstandingBytes -= payload.count
      do {
        guard let route = try node.replica.route(session, header, count: payload.count) else { return }
        let outcome = write(payload.count, route, at: index)
        handle(.written(session, requestID: header.requestID, count: payload.count, outcome), at: index)
      } catch { preconditionFailure("an honest peer keeps the protocol: \(error)") }
    case _: handle(.received(session, message), at: index)
    }
  }

  private mutating func write(_ count: Int, _ route: DataRoute, at index: Int) -> WriteOutcome {
    let known = nodes[index].staged[route.claim.id]?[route.block] ?? 0
    precondition(known == route.offset, "bytes arrive in order")
    nodes[index].staged[route.claim.id, default: [:]][route.block] = known + count
    guard known + count == route.claim.byteCount(ofBlock: route.block) else { return .partial }
    if wrongBlocksLeft > 0 {
      wrongBlocksLeft -= 1
      nodes[index].staged[route.claim.id]?[route.block] = 0
      return .wrong
    }
    return .verified
  }

  mutating func handle(_ event: Replica.Event, at index: Int) {
    for action in nodes[index].replica.handle(event, at: now) { carry(action, at: index) }
  }

  private mutating func send(_ message: Message, _ session: SessionID) {
    for index in links.indices {
      if let side = links[index].ends.firstIndex(where: { $0.session == session }) {
        links[index].queues[side].append(message)
      }
    }
  }

  private mutating func carry(_ action: Replica.Action, at index: Int) {
    let node = nodes[index]
    switch action {
    case .send(let session, let message):
      if case .blockGet(let request) = message {
        node.outstandingBytes += Int(request.length)
        node.outstandingBytesMax = max(node.outstandingBytesMax, node.outstandingBytes)
      }
      send(message, session)
    case .ping(let session, let id):
      send(.ping(Ping(id: id, monotonicNs: UInt64(now.nanoseconds), wallMs: 1, isClockSet: true)), session)
    case .pong(let session, let ping): send(.pong(ping), session)
    case .sendStatements(let session, let requestID, let references):
      for reference in references {
        guard let stored = node.ledger[reference.key] else { preconditionFailure("registers never vanish") }
        send(.statement(requestID: requestID, stored.statement), session)
      }
      if requestID == 0 { handle(.statementsSent(session, count: references.count), at: index) }
    case .findStatements(let session, let requestID, let hashes):
      let found = node.ledger.values.filter { hashes.contains($0.reference.hash) }.map(\.reference)
      handle(.found(session, requestID: requestID, found, isComplete: found.count == hashes.count), at: index)
    case .serveMap(let session, let requestID, let id):
      if let map = node.held.contains(id) ? contents[id] : nil {
        send(.map(requestID: requestID, first: 0, map.blocks), session)
        send(.end(requestID: requestID, .ok), session)
      } else {
        send(.end(requestID: requestID, .notHeld), session)
      }
      handle(.served(session, requestID: requestID), at: index)
    case .serveBlock(let session, let request): serve(request, session, at: index)
    case .cancelServe(let session, let requestID): send(.end(requestID: requestID, .cancelled), session)
    case .close(let session, _, _), .abort(let session, _):
      if let link = links.firstIndex(where: { $0.ends.contains { $0.session == session } }) { cut(link) }
    case .transfer(let work): transfer(work, at: index)
    case .setMark, .confirmed, .clockHeard: break
    }
  }

  private mutating func serve(_ request: BlockRequest, _ session: SessionID, at index: Int) {
    let end = Int(request.offset + request.length)
    for offset in stride(from: Int(request.offset), to: end, by: Limits.dataPayloadMax) {
      let count = min(Limits.dataPayloadMax, end - offset)
      let header = DataHeader(requestID: request.requestID, offset: UInt32(offset), rawLength: UInt32(count))
      send(.data(header, payload: [UInt8](repeating: 0, count: count)[...]), session)
    }
    send(.end(requestID: request.requestID, .ok), session)
    handle(.served(session, requestID: request.requestID), at: index)
  }

  private mutating func transfer(_ work: TransferPlan.Action, at index: Int) {
    let node = nodes[index]
    switch work {
    case .prepare(let claim):
      var verified = BlockSet(blockCount: claim.blockCount)
      for (block, count) in node.staged[claim.id] ?? [:] where count == claim.byteCount(ofBlock: block) {
        verified.insert(block)
      }
      let partial = (node.staged[claim.id] ?? [:]).filter { $0.value > 0 && !verified.contains($0.key) }
      handle(
        .prepared(claim, hasMap: node.maps[claim.id] != nil, verified: verified, partial: partial), at: index)
    case .stage(let claim, let map):
      node.maps[claim.id] = map
      let none = BlockSet(blockCount: claim.blockCount)
      handle(.prepared(claim, hasMap: true, verified: none, partial: [:]), at: index)
    case .finish(let claim):
      node.held.insert(claim.id)
      node.staged[claim.id] = nil
      handle(.finished(claim, .installed), at: index)
      publishHolding(claim.id[0], at: index)
    case .send, .alarm: preconditionFailure("an honest peer raises no alarm")
    }
  }

  // MARK: - Statements

  private mutating func author(
    _ kind: StatementKind, _ subject: SubjectID, _ shard: UInt8, _ body: [UInt8], at index: Int
  ) {
    let node = nodes[index]
    node.sequence += 1
    let statement = Statement(
      kind: kind, author: node.id, subject: subject, shard: shard, sequence: node.sequence, body: body,
      signature: [UInt8](repeating: 0, count: 64))
    store(statement, source: nil, at: index)
  }

  private mutating func publishHolding(_ shard: UInt8, at index: Int) {
    let held = nodes[index].held.filter { $0[0] == shard }
    let body = HoldingBody(held: Array(held), freed: [], asOfMs: 0)
    author(.holding, SubjectID(sameBytesAs: nodes[index].id), shard, body.encoded, at: index)
  }

  private mutating func take(_ statement: Statement, from peer: NodeID, at index: Int) {
    let node = nodes[index]
    let verdict = Join.decide(
      author: statement.author, key: statement.registerKey, sequence: statement.sequence,
      hash: statement.hash,
      own: node.id, manifest: node.replica.manifest)
    if verdict.decision == .store { store(statement, source: peer, at: index) }
  }

  private mutating func store(_ statement: Statement, source: NodeID?, at index: Int) {
    let node = nodes[index]
    node.counter += 1
    let reference = StatementRef(author: statement.author, key: statement.registerKey, hash: statement.hash)
    let stored = StoredStatement(
      statement: statement, reference: reference,
      entry: ManifestEntry(
        sequence: statement.sequence, hash: reference.hash, stored: node.counter, source: source))
    node.ledger[reference.key] = stored
    handle(.stored([stored]), at: index)
  }
}
