import AcqCore
import AcqCrypto
import AcqSystem
import AcqWire
import Foundation
import TestSupport
import Testing

/// A trusted peer that states recordings that are not so, and serves bytes that are not theirs.
@Suite("Hostile: claims") struct HostileClaimTests {
  private typealias Scene = HostileFrameTests.Scene

  /// A recording of the test's own with `blockCount` blocks.
  private static func content(_ seed: UInt64, blockCount: Int) throws -> HostileContent {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/x"
    try TestRecording.writeLarge(path, blockCount: blockCount, seed: seed)
    return HostileContent([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
  }

  @Test("a true id with a false root: the true claim arrives all the same")
  func falseRoot() throws {
    try falseClaim { content, scene in
      let other = try Self.content(91, blockCount: content.map.blocks.count)
      return scene.evil.recording(content.id, other.map, name: "1.mcap")
    }
  }

  @Test("a true id with a false size: the true claim arrives all the same")
  func falseSize() throws {
    try falseClaim { content, scene in
      scene.evil.recording(content.id, content.map, name: "1.mcap", sizeBytes: content.map.sizeBytes - 1)
    }
  }

  /// The base hears of the content first from the evil peer, in a false claim, and then from the car in the true one.
  private func falseClaim(_ claim: (HostileContent, Scene) throws -> Statement) throws {
    let scene = try Scene()
    let sessions = scene.goodSessions
    let content = try Self.content(90, blockCount: 3)
    let session = try scene.evil.greet(scene.base)
    try session.push([try claim(content, scene)] + scene.evil.holdings([content.id]))
    var wasAsked = false
    try session.serve(
      [content.id: content],
      answer: { message in
        if case .mapGet = message { wasAsked = true }
        return nil
      }, until: { wasAsked })
    try Data(content.bytes).write(to: URL(fileURLWithPath: scene.car.incoming + "/1.mcap"))
    var looked = ContinuousClock.now
    try session.serve(
      [content.id: content], seconds: 60,
      until: {
        guard ContinuousClock.now - looked > .milliseconds(200) else { return false }
        looked = .now
        return try scene.base.status().held == 1
      })
    #expect(try scene.base.objectIDs() == [content.id.hex])
    #expect(try scene.base.wrongFiles() == [])
    #expect(try scene.base.status().alarms.contains { $0.contains("root") })
    #expect(scene.goodSessions == sessions)
  }

  @Test("a true map with a false id: pulled, found false, quarantined, and an alarm; others go on")
  func falseID() throws {
    let scene = try Scene()
    let sessions = scene.goodSessions
    let content = try Self.content(92, blockCount: 2)
    let id = ContentID(sameBytesAs: BlockMap.hash(block: [9]))
    let session = try scene.evil.greet(scene.base)
    try session.push([scene.evil.recording(id, content.map, name: "lie.mcap")] + scene.evil.holdings([id]))
    try session.serve(
      [id: content], until: { scene.base.logText.contains("does not prove true") })
    #expect(try scene.base.status().alarms.contains { $0.contains("lie.mcap") })
    #expect(try scene.base.objectIDs() == [])
    #expect(try scene.base.files(below: scene.base.state + "/staging") == [])
    // Never again in this life, nor in the next.
    session.socket.abort()
    scene.base.kill()
    try scene.base.startAndWait()
    let again = try scene.evil.greet(scene.base)
    try again.push(scene.evil.holdings([id]))
    var asked = 0
    #expect(throws: TestSupportError.self) {
      try again.serve(
        [id: content], seconds: 2,
        answer: { message in
          if case .blockGet = message { asked += 1 }
          return nil
        }, until: { false })
    }
    #expect(asked == 0)
    again.socket.abort()
    _ = sessions
    try TestRecording(seed: 4).write(scene.car.incoming + "/2.mcap")
    try waitUntil("others go on", seconds: 30) { try scene.base.status().held == 1 }
  }

  @Test("wrong bytes are thrown away and blamed on who sent them; the rest comes from another peer")
  func wrongBytes() throws {
    let scene = try Scene()
    let content = try Self.content(93, blockCount: 3)
    var wrong = content
    wrong.bytes[1 << 20 + 5] ^= 1
    let session = try scene.evil.greet(scene.base)
    try session.push(
      [scene.evil.recording(content.id, content.map, name: "1.mcap")] + scene.evil.holdings([content.id]))
    try session.serve(
      [content.id: wrong], until: { scene.base.logText.contains("is wrong and was thrown away") })
    #expect(scene.base.logText.contains("thrown away peer=evil"))
    #expect(try scene.base.objectIDs() == [])
    try Data(content.bytes).write(to: URL(fileURLWithPath: scene.car.incoming + "/1.mcap"))
    var askedAgain = 0
    var looked = ContinuousClock.now
    try session.serve(
      [content.id: wrong],
      answer: { message in
        if case .blockGet = message { askedAgain += 1 }
        return nil
      },
      until: {
        guard ContinuousClock.now - looked > .milliseconds(200) else { return false }
        looked = .now
        return try scene.base.status().held == 1
      })
    #expect(askedAgain == 0)
    #expect(try scene.base.wrongFiles() == [])
  }

  @Test("a claim of 1 TiB takes no room, and others go on")
  func enormous() throws {
    let scene = try Scene()
    let sessions = scene.goodSessions
    let before = try scene.base.residentBytes()
    let size = Limits.recordingBytesMax
    let hash = BlockMap.hash(block: [1])
    guard let map = BlockMap(sizeBytes: size, blocks: [BlockHash](repeating: hash, count: 1 << 20)) else {
      throw TestSupportError("no map")
    }
    var content = HostileContent([1])
    content.map = map
    let session = try scene.evil.greet(scene.base)
    try session.push(
      [scene.evil.recording(content.id, map, name: "huge.mcap")] + scene.evil.holdings([content.id]))
    // The base gives up before, or on seeing the whole map, by its own free space.
    try session.serve(
      [content.id: content], seconds: 60, until: { scene.base.logText.contains("do not fit") })
    let growth = try scene.base.residentBytes() - before
    print("resident memory grew by \(growth >> 20) MiB")
    #expect(growth < 200 << 20)
    session.socket.abort()
    try scene.checkGoodPeer(sessions: sessions, holding: 1)
  }

  @Test("a node whose tree lies is refused when it is walked, and dialled again only later")
  func hostileTree() throws {
    let team = try TestTeam([.base])
    let base = team[.base]
    try base.startAndWait()
    let evil = try HostilePeer(.cloud, name: "evil")
    let listener = try Listener(host: "127.0.0.1", port: 0)
    defer { listener.stop() }
    try base.trust(evil, "--addr", "127.0.0.1:\(listener.port)")
    let session = try evil.accept(listener)
    let root = ManifestHash(sameBytesAs: BlockMap.hash(block: [3]))
    try session.send(.hello(Hello(root: root, name: "evil")))
    let target = try Card(parsing: base.card)
    // Differing roots for ever, and an inner node that leads to itself.
    let child = TreeNode.Child(count: 30, hash: ShortHash(root))
    let loop = TreeNode.inner(prefix: .empty, children: (0..<16).map { $0 < 2 ? child : nil })
    var code: CloseCode?
    var asked = 0
    try session.serve(
      [:], seconds: 60,
      answer: { message in
        switch message {
        case .close(let said, _):
          code = said
          return []
        case .roots:
          let authors = [evil.id, target.id].sorted()
          return [.roots(authors.map { AuthorRoot(author: $0, root: root) })]
        case .treeGet(let request):
          asked += 1
          return request.prefixes.indices.map {
            .treeNode(requestID: request.requestID, index: UInt16($0), loop)
          }
            + [.end(requestID: request.requestID, .ok)]
        case .hello: return [.root(root, seen: 0)]
        case .root(_, let seen): return [.root(root, seen: seen)]
        case _: return nil
        }
      }, until: { code != nil })
    #expect(code == .protocolViolation)
    #expect(asked >= 1 && asked < 70)
    #expect(try listener.accept(timeout: .seconds(3)) == nil, "it waits before it dials again")
    #expect(try base.get("/healthz").status == 200)
  }
}
