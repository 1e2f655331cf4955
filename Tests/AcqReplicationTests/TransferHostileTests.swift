import AcqCore
import AcqCrypto
import AcqReplication
import AcqWire
import Testing

/// A node that pulls from peers that lie; time is the test's.
@Suite("Transfers from lying peers") struct TransferHostileTests {
  private struct Scene {
    var replica: Replica
    var now = Instant(nanoseconds: 1_000_000_000)
    let own: Member
    let peers: [Member]
    var sessions: [NodeID: SessionID] = [:]
    var sequence: UInt64 = 0
    var prepared: [TransferPlan.Action] = []

    init(peerCount: Int) {
      func member(_ index: Int, _ role: Role) -> Member {
        Member(
          id: SHA256.hash([UInt8(index)], as: NodeID.self), name: "n\(index)", role: role, isAccepted: true)
      }
      own = member(0, .base)
      peers = (1...peerCount).map { member($0, .car) }
      let members = [own] + peers
      replica = Replica(
        own: own.id, greeting: Replica.Greeting(name: "own", version: "0"),
        manifest: Manifest(accepted: Set(members.map(\.id))), view: TeamView(own: own.id, members: members),
        marks: [:])
      for (index, peer) in peers.enumerated() {
        let session = SessionID(UInt64(index + 1))
        sessions[peer.id] = session
        handle(.opened(session, peer: peer.id, isDialler: false))
        handle(.received(session, .hello(Hello(root: .zero, name: peer.name))))
      }
    }

    /// Requests that were sent, by peer.
    var requests: [(peer: NodeID, message: Message)] = []
    var alarms: [String] = []

    mutating func handle(_ event: Replica.Event) {
      for action in replica.handle(event, at: now) {
        switch action {
        case .send(let session, let message):
          guard let peer = sessions.first(where: { $0.value == session })?.key else { continue }
          switch message {
          case .mapGet, .blockGet: requests.append((peer, message))
          case _: break
          }
        case .transfer(.prepare(let claim)):
          let none = BlockSet(blockCount: claim.blockCount)
          handle(.prepared(claim, hasMap: false, verified: none, partial: [:]))
        case .transfer(.stage(let claim, _)):
          let none = BlockSet(blockCount: claim.blockCount)
          handle(.prepared(claim, hasMap: true, verified: none, partial: [:]))
        case .transfer(.alarm(_, let reason)): alarms.append(reason)
        case .transfer(let work): prepared.append(work)
        case _: break
        }
      }
    }

    mutating func state(
      _ kind: StatementKind, by author: Member, _ subject: SubjectID, _ shard: UInt8, _ body: [UInt8]
    ) {
      sequence += 1
      let statement = Statement(
        kind: kind, author: author.id, subject: subject, shard: shard, sequence: sequence, body: body,
        signature: [UInt8](repeating: 0, count: 64))
      let reference = StatementRef(author: author.id, key: statement.registerKey, hash: statement.hash)
      handle(
        .stored([
          StoredStatement(
            statement: statement, reference: reference,
            entry: ManifestEntry(
              sequence: sequence, hash: reference.hash, stored: sequence, source: author.id))
        ]))
    }

    mutating func claim(_ id: ContentID, _ map: BlockMap, by author: Member) {
      let body = RecordingBody(sizeBytes: map.sizeBytes, blockRoot: map.root, name: "x.mcap", isCutOff: false)
      state(.recording, by: author, SubjectID(sameBytesAs: id), 0, body.encoded)
    }

    mutating func holds(_ ids: [ContentID], _ author: Member) {
      let body = HoldingBody(held: ids, freed: [], asOfMs: 0)
      state(.holding, by: author, SubjectID(sameBytesAs: author.id), ids[0][0], body.encoded)
    }

    mutating func wait(_ duration: Duration) {
      now = now + duration
      handle(.tick)
    }

    mutating func answerMap(_ map: BlockMap) {
      guard case (let peer, .mapGet(let requestID, _))? = requests.last, let session = sessions[peer] else {
        return
      }
      requests.removeLast()
      handle(.received(session, .map(requestID: requestID, first: 0, map.blocks)))
      handle(.received(session, .end(requestID: requestID, .ok)))
    }

    /// Bytes of the whole request came, with this outcome at its end.
    mutating func answerBlock(_ outcome: WriteOutcome) {
      guard !requests.isEmpty, case (let peer, .blockGet(let request)) = requests.removeFirst(),
        let session = sessions[peer]
      else { return }
      handle(.written(session, requestID: request.requestID, count: Int(request.length), outcome))
      handle(.received(session, .end(requestID: request.requestID, .ok)))
    }
  }

  private static func content(_ seed: UInt8, blockCount: Int = 1) -> (id: ContentID, map: BlockMap) {
    let blocks = (0..<blockCount).map { SHA256.hash([seed, UInt8($0)], as: BlockHash.self) }
    guard let map = BlockMap(sizeBytes: UInt64(blockCount) << 20, blocks: blocks) else {
      preconditionFailure("count fits size")
    }
    return (SHA256.hash([seed], as: ContentID.self), map)
  }

  @Test("a wrong block sets the recording aside at that peer for ten minutes, and comes from another at once")
  func wrongBlock() {
    var scene = Scene(peerCount: 2)
    let (id, map) = Self.content(1)
    scene.claim(id, map, by: scene.peers[0])
    scene.holds([id], scene.peers[0])
    scene.wait(.seconds(1))
    scene.answerMap(map)
    #expect(scene.requests.map(\.peer) == [scene.peers[0].id])
    scene.answerBlock(.wrong)
    scene.wait(.seconds(599))
    #expect(scene.requests.isEmpty)
    scene.holds([id], scene.peers[1])
    scene.wait(.milliseconds(500))
    #expect(scene.requests.map(\.peer) == [scene.peers[1].id])
  }

  @Test("after ten minutes the peer is asked again")
  func afterTenMinutes() {
    var scene = Scene(peerCount: 1)
    let (id, map) = Self.content(2)
    scene.claim(id, map, by: scene.peers[0])
    scene.holds([id], scene.peers[0])
    scene.wait(.seconds(1))
    scene.answerMap(map)
    scene.answerBlock(.wrong)
    scene.wait(.seconds(600) + .nanoseconds(-1))
    #expect(scene.requests.isEmpty)
    scene.wait(.seconds(1))
    #expect(scene.requests.count == 1)
  }

  @Test("who sent only the end of a wrong block is not blamed: it comes again, whole, from one peer")
  func mixedBlock() {
    var scene = Scene(peerCount: 2)
    let (id, map) = Self.content(3)
    scene.claim(id, map, by: scene.peers[0])
    scene.holds([id], scene.peers[0])
    scene.wait(.seconds(1))
    scene.answerMap(map)
    // The first peer sends half of a wrong block and goes.
    guard case (let peer, .blockGet(let first))? = scene.requests.popLast(),
      let session = scene.sessions[peer]
    else { return #expect(Bool(false), "a block is asked for") }
    scene.handle(.written(session, requestID: first.requestID, count: 1 << 19, .partial))
    scene.holds([id], scene.peers[1])
    scene.handle(.closed(session))
    scene.wait(.seconds(1))
    guard case (_, .blockGet(let second))? = scene.requests.first else {
      return #expect(Bool(false), "the other peer is asked")
    }
    #expect(second.offset == 1 << 19)
    scene.answerBlock(.wrong)
    scene.wait(.seconds(1))
    guard case (let again, .blockGet(let third))? = scene.requests.first else {
      return #expect(Bool(false), "the other peer is asked again")
    }
    #expect(again == scene.peers[1].id)
    #expect(third.offset == 0)
    scene.answerBlock(.verified)
    #expect(scene.prepared.count == 1)
  }

  @Test(
    "a map that does not give the root blames the claim at that peer, not the recording: the other claim is tried"
  )
  func falseRootFirst() {
    var scene = Scene(peerCount: 2)
    let (id, map) = Self.content(4)
    let other = Self.content(5).map
    scene.claim(id, other, by: scene.peers[0])
    scene.holds([id], scene.peers[0])
    scene.wait(.seconds(1))
    scene.answerMap(map)
    #expect(scene.alarms.count == 1)
    scene.claim(id, map, by: scene.peers[1])
    scene.wait(.seconds(1))
    // The very peer that lied may give the bytes: they are verified.
    #expect(scene.requests.map(\.peer) == [scene.peers[0].id])
    scene.answerMap(map)
    scene.answerBlock(.verified)
    scene.handle(.finished(Claim(id: id, sizeBytes: map.sizeBytes, blockRoot: map.root), .installed))
    #expect(scene.replica.transfers.progress().isEmpty)
  }

  @Test("a claim found false as a whole is never tried again, the true one is")
  func quarantine() {
    var scene = Scene(peerCount: 2)
    let (id, map) = Self.content(6)
    let other = Self.content(7).map
    scene.claim(id, other, by: scene.peers[0])
    scene.holds([id], scene.peers[0])
    scene.wait(.seconds(1))
    scene.answerMap(other)
    scene.answerBlock(.verified)
    scene.handle(.finished(Claim(id: id, sizeBytes: other.sizeBytes, blockRoot: other.root), .falseClaim))
    #expect(scene.alarms.count == 1)
    scene.wait(.seconds(3_600))
    #expect(scene.requests.isEmpty)
    scene.claim(id, map, by: scene.peers[1])
    scene.holds([id], scene.peers[1])
    scene.wait(.seconds(1))
    #expect(scene.requests.count == 1)
    scene.answerMap(map)
    #expect(scene.alarms.count == 1)
  }

  @Test("256 requests of a peer are served at once, the 257th is refused; 16 MiB, and not a byte more")
  func servingLimits() {
    var scene = Scene(peerCount: 1)
    let peer = scene.peers[0]
    let (id, map) = Self.content(8, blockCount: 20)
    scene.claim(id, map, by: peer)
    guard let session = scene.sessions[peer.id] else { return }
    func ask(_ number: Int, length: Int) -> [Replica.Action] {
      let request = BlockRequest(
        requestID: UInt32(number), subject: SubjectID(sameBytesAs: id), block: 0, offset: 0,
        length: UInt32(length), priority: 2)
      return scene.replica.handle(.received(session, .blockGet(request)), at: scene.now)
    }
    func isServed(_ actions: [Replica.Action]) -> Bool {
      actions.contains { if case .serveBlock = $0 { true } else { false } }
    }
    for number in 1...256 { #expect(isServed(ask(number, length: 1))) }
    #expect(ask(257, length: 1).contains(.send(session, .end(requestID: 257, .limit))))
    #expect(ask(256, length: 1).contains(.send(session, .end(requestID: 256, .limit))))
    for number in 1...256 { scene.handle(.served(session, requestID: UInt32(number))) }
    for number in 1...16 { #expect(isServed(ask(number, length: 1 << 20))) }
    #expect(!isServed(ask(17, length: 1)))
    scene.handle(.served(session, requestID: 3))
    #expect(isServed(ask(18, length: 1 << 20)))
  }

  @Test("CANCEL of what is not being served is passed over")
  func cancelOfNothing() {
    var scene = Scene(peerCount: 1)
    guard let session = scene.sessions[scene.peers[0].id] else { return }
    #expect(scene.replica.handle(.received(session, .cancel(requestID: 4)), at: scene.now).isEmpty)
  }
}
