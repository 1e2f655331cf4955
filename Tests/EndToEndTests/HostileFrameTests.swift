import AcqCore
import AcqCrypto
import AcqSystem
import AcqWire
import Foundation
import TestSupport
import Testing

/// Frames that a peer with a trusted key sends and no honest node would.
@Suite("Hostile: frames") struct HostileFrameTests {
  /// A base with a good peer, a car whose session must last, and a trusted peer that is the test.
  struct Scene {
    let team: TestTeam
    let evil: HostilePeer
    var base: TestNode { team[.base] }
    var car: TestNode { team[.car] }

    init(_ role: Role = .cloud) throws {
      team = try TestTeam([.car, .base])
      evil = try HostilePeer(role, name: "evil")
      try team.start()
      try team[.base].trust(evil, "--addr", "127.0.0.1:1")
      let base = team[.base]
      // Trust changes what both accept: the session with the car begins again, once.
      try waitUntil("car and base talk") {
        try base.status().node("car")?["link"]?.string?.contains("equal") == true
      }
    }

    /// Checks that the daemon lives, that the car's session lasted, and that a new recording still travels.
    func checkGoodPeer(sessions: Int, holding count: Int) throws {
      #expect(base.logCount("session confirmed peer=car") == sessions)
      try TestRecording(seed: UInt64(count)).write(car.incoming + "/good-\(count).mcap")
      try waitUntil("the good peer's recording arrives", seconds: 30) { try base.status().held == count }
      #expect(try base.wrongFiles() == [])
    }

    var goodSessions: Int { base.logCount("session confirmed peer=car") }
  }

  private static func examples(_ evil: HostilePeer) -> [Message] {
    let hash = BlockMap.hash(block: [1])
    let (id, subject) = (ContentID(sameBytesAs: hash), SubjectID(sameBytesAs: hash))
    let entry = TreeNode.Entry(
      key: RegisterKey(sameBytesAs: hash), sequence: 1, hash: StatementHash(sameBytesAs: hash))
    let prefix = NibblePrefix(RegisterKey(sameBytesAs: hash), nibbleCount: 3)
    let child = TreeNode.Child(count: 20, hash: ShortHash(ManifestHash(sameBytesAs: hash)))
    let children = (0..<16).map { $0 == 3 || $0 == 9 ? child : nil }
    let ping = Ping(id: 1, monotonicNs: 2, wallMs: 3, isClockSet: true)
    return [
      .hello(Hello(root: .zero, name: "evil")), .ping(ping), .pong(ping), .end(requestID: 1, .ok),
      .cancel(requestID: 1), .close(.shutdown, text: "bye"), .root(.zero, seen: 1),
      .roots([AuthorRoot(author: evil.id, root: .zero)]),
      .treeGet(TreeRequest(requestID: 1, author: evil.id, prefixes: [prefix])),
      .treeNode(requestID: 1, index: 0, .leaf([entry])),
      .treeNode(requestID: 1, index: 0, .inner(prefix: prefix, children: children)),
      .treeNode(requestID: 1, index: 0, .empty),
      .statementGet(requestID: 1, [StatementHash(sameBytesAs: hash)]),
      .statement(requestID: 0, evil.statement(.annotation, body: AnnotationBody(fields: [:]).encoded)),
      .mapGet(requestID: 1, id), .map(requestID: 1, first: 0, [hash]),
      .blockGet(
        BlockRequest(requestID: 1, subject: subject, block: 0, offset: 0, length: 9, priority: 1)),
      .data(DataHeader(requestID: 1, offset: 0, rawLength: 3), payload: [1, 2, 3]),
      .have(id, [BlockRange(first: 0, count: 1)]),
      .grow(Grow(openID: subject, sizeBytes: 9, finalBlockCount: 0, name: "a.mcap")),
    ]
  }

  private static func bytes(_ message: Message) -> [UInt8] {
    var bytes: [UInt8] = []
    message.append(to: &bytes)
    return bytes
  }

  @Test(
    "a frame of every type, cut at every byte: the session closes, the daemon and the good peer's session live"
  )
  func cutFrames() throws {
    let scene = try Scene()
    let sessions = scene.goodSessions
    let before = try scene.base.residentBytes()
    var count = 0
    for message in Self.examples(scene.evil) {
      let whole = Self.bytes(message)
      for length in 1..<whole.count {
        // As it is cut, and with a header that admits it.
        var admitted = Array(whole.prefix(length))
        var variants = [admitted]
        if length >= 4, length % 3 == 0 || length < 12 {
          (admitted[2], admitted[3]) = (UInt8((length - 4) >> 8), UInt8((length - 4) & 0xFF))
          variants.append(admitted)
        }
        for (index, plaintext) in variants.enumerated() {
          let session = try scene.evil.greet(scene.base)
          try session.send(plaintext: plaintext)
          let code = try session.closing(seconds: 10)
          #expect(code == .protocolViolation, "\(message) cut at \(length), variant \(index)")
          count += 1
        }
      }
      #expect(try scene.evil.greet(scene.base).answers(), "after \(message)")
    }
    let growth = try scene.base.residentBytes() - before
    print("\(count) sessions with cut frames; resident memory grew by \(growth >> 10) KiB")
    #expect(growth < 64 << 20)
    try scene.checkGoodPeer(sessions: sessions, holding: 1)
  }

  @Test("an unknown frame is passed over with the ignore bit and closes the session without")
  func unknownFrames() throws {
    let scene = try Scene()
    for type in [0x00, 0x07, 0x0F, 0x16, 0x26, 0x7F, 0xFF] as [UInt8] {
      let ignored = try scene.evil.greet(scene.base)
      try ignored.send(plaintext: [type, 0x80, 0, 2, 1, 2])
      #expect(try ignored.answers(), "type \(type)")
      try ignored.send(plaintext: [type, 0x00, 0, 2, 1, 2])
      #expect(try ignored.closing() == .protocolViolation, "type \(type)")
    }
    // Known types with flags that nobody agreed on.
    for flags in [0x01, 0x80] as [UInt8] {
      let session = try scene.evil.greet(scene.base)
      try session.send(plaintext: [0x23, flags, 0, 13] + [UInt8](repeating: 0, count: 11) + [1, 7])
      #expect(try session.closing() == .protocolViolation)
    }
  }

  @Test(
    "ROOTS of too many, statements too large or numbered too high, a second HELLO, GROW: the session closes")
  func violations() throws {
    let scene = try Scene()
    let many = [UInt8](repeating: 0, count: 513 * 64)
    let header: [UInt8] = [0x11, 0, UInt8((many.count + 2) >> 8), UInt8((many.count + 2) & 0xFF), 2, 1]
    var high = Self.bytes(.statement(requestID: 0, scene.evil.statement(.node, body: [0xA0])))
    // seq is at 72 of the statement, behind the frame's header and the request id.
    high[4 + 4 + 72] = 0x40
    let large = [0x15, 0, 0xEA, 0x65] + [UInt8](repeating: 0xA1, count: 0xEA65)
    let hash = BlockMap.hash(block: [1])
    let plaintexts: [[UInt8]] = [
      header + many, high, large, Self.bytes(.hello(Hello(root: .zero, name: "evil"))),
      Self.bytes(.grow(Grow(openID: scene.evil.subject, sizeBytes: 1, finalBlockCount: 0, name: "x"))),
      [0x22, 0, 0, 0],
      Self.bytes(.mapGet(requestID: 1, ContentID(sameBytesAs: hash))).enumerated().map {
        $0.offset == 7 ? 0 : $0.element
      },
    ]
    for (index, plaintext) in plaintexts.enumerated() {
      let session = try scene.evil.greet(scene.base)
      try session.send(plaintext: plaintext)
      #expect(try session.closing() == .protocolViolation, "case \(index)")
    }
    #expect(try scene.evil.greet(scene.base).answers())
  }

  @Test("statements with a wrong signature, of authors nobody accepts, or about others change nothing")
  func statementsWithoutEffect() throws {
    let scene = try Scene()
    try scene.checkGoodPeer(sessions: scene.goodSessions, holding: 1)
    let held = try scene.base.objectIDs().compactMap { ContentID(hex: $0) }
    #expect(held.count == 1)
    let stranger = try HostilePeer(.cloud, name: "stranger")
    let content = HostileContent(Array("nothing".utf8))
    let mine = scene.evil.recording(content.id, content.map, name: "forged.mcap")
    var signature = mine.signature
    signature[0] ^= 1
    let forged = Statement(
      kind: mine.kind, author: mine.author, subject: mine.subject, shard: 0, sequence: mine.sequence,
      body: mine.body, signature: signature)
    let car = try Card(parsing: scene.car.card)
    let emptied = HoldingBody(held: [], freed: held, asOfMs: 5)
    let session = try scene.evil.greet(scene.base)
    try session.push([
      forged, stranger.recording(content.id, content.map, name: "stranger.mcap"),
      // In the car's name, and about the car in the own name.
      Statement(
        kind: .holding, author: car.id, subject: SubjectID(sameBytesAs: car.id), shard: held[0][0],
        sequence: 1 << 40, body: emptied.encoded, signature: signature),
      scene.evil.statement(
        .holding, about: SubjectID(sameBytesAs: car.id), shard: held[0][0], body: emptied.encoded),
      scene.evil.statement(.node, about: SubjectID(sameBytesAs: car.id), body: [0xA0]),
      scene.evil.statement(StatementKind(rawValue: 99), body: [1, 2, 3]),
      scene.evil.statement(.recording, body: [0xFF]),
      scene.evil.statement(.holding, shard: 3, body: HoldingBody(held: held, freed: [], asOfMs: 1).encoded),
    ])
    #expect(try session.answers())
    let status = try scene.base.status()
    #expect(status.recordings.count == 1)
    #expect(status.node("car")?["held"]?.int64 == 1)
    #expect(status.node("evil")?["held"]?.int64 == 0)
    #expect(status.recordings.first?["cloud"]?.bool != true)
  }

  @Test("two statements under one number raise an alarm that names the author, and close nothing")
  func equivocation() throws {
    let scene = try Scene()
    let session = try scene.evil.greet(scene.base)
    for text in ["a", "b"] {
      let edit = AnnotationBody.Edit(edit: 1, text: text, atMs: 1, by: "evil")
      try session.push([
        scene.evil.statement(.annotation, body: AnnotationBody(fields: ["note": edit]).encoded, sequence: 9)
      ])
    }
    #expect(try session.answers())
    try waitUntil("an alarm names evil") { try scene.base.status().alarms.contains { $0.contains("evil") } }
    #expect(try session.answers())
  }
}
