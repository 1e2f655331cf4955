import AcqCore
import AcqCrypto
import AcqSystem
import AcqWire
import Foundation
import TestSupport
import Testing

/// Requests and answers that break the rules of protocol §3.
@Suite("Hostile: requests and answers") struct HostileRequestTests {
  private static func block(
    _ requestID: UInt32, _ id: ContentID, block: UInt32 = 0, offset: UInt32 = 0, length: UInt32 = 1 << 20
  ) -> Message {
    .blockGet(
      BlockRequest(
        requestID: requestID, subject: SubjectID(sameBytesAs: id), block: block, offset: offset,
        length: length,
        priority: 2))
  }

  /// The base holds one recording of `blockCount` MiB.
  private static func holding(_ scene: HostileFrameTests.Scene, blockCount: Int) throws -> ContentID {
    try TestRecording.writeLarge(scene.car.incoming + "/large.mcap", blockCount: blockCount, seed: 5)
    try waitUntil("the base holds it", seconds: 60) { try scene.base.status().held == 1 }
    guard let id = try scene.base.objectIDs().first.flatMap({ ContentID(hex: $0) }) else {
      throw TestSupportError("no object")
    }
    return id
  }

  @Test("requests for what is not held, beyond its end, with a number in use, and for more than is allowed")
  func requests() throws {
    let scene = try HostileFrameTests.Scene()
    let id = try Self.holding(scene, blockCount: 3)
    let session = try scene.evil.greet(scene.base)
    let other = HostileContent([1])
    try session.send(Self.block(1, other.id))
    #expect(try session.end(of: 1).status == .notHeld)
    try session.send(.mapGet(requestID: 2, other.id))
    #expect(try session.end(of: 2).status == .notHeld)
    try session.send([
      Self.block(3, id, block: 3), Self.block(4, id, block: 1 << 19), Self.block(5, id, block: 2),
    ])
    #expect(try session.end(of: 3) == (.limit, 0))
    #expect(try session.end(of: 4) == (.limit, 0))
    #expect(try session.end(of: 5) == (.ok, 1 << 20))
    // One number twice: the second is refused, the first is served.
    try session.send([Self.block(6, id), Self.block(6, id, block: 1)])
    let (first, second) = (try session.end(of: 6), try session.end(of: 6))
    #expect((first.status, second.status) == (.limit, .ok))
    #expect(first.byteCount + second.byteCount == 1 << 20)
    // A CANCEL of nothing is passed over.
    try session.send([.cancel(requestID: 6), .cancel(requestID: 77)])
    #expect(try session.answers())
    try session.send(plaintext: [0x22, 0, 0, 50] + [UInt8](repeating: 0, count: 50))
    #expect(try session.closing() == .protocolViolation)
  }

  @Test("more than 16 MiB asked for at once: what is above is refused, what is below comes, memory stays")
  func tooMuch() throws {
    let scene = try HostileFrameTests.Scene()
    let id = try Self.holding(scene, blockCount: 2)
    let before = try scene.base.residentBytes()
    let session = try scene.evil.greet(scene.base)
    try session.send((1...300).map { Self.block(UInt32($0), id, block: UInt32($0 % 2)) })
    var served = 0
    var refused = 0
    while served + refused < 300 {
      guard case .message(let message) = try session.next() else { throw TestSupportError("no answer") }
      if case .end(_, .ok) = message { served += 1 }
      if case .end(_, .limit) = message { refused += 1 }
    }
    #expect(served >= 16)
    #expect(refused > 0)
    #expect(try scene.base.residentBytes() - before < 64 << 20)
    try scene.checkGoodPeer(sessions: scene.goodSessions, holding: 2)
  }

  @Test("a peer that asks for trees and does not read is cut off, and memory stays bounded")
  func asksAndDoesNotRead() throws {
    let scene = try HostileFrameTests.Scene()
    let sessions = scene.goodSessions
    let before = try scene.base.residentBytes()
    let session = try scene.evil.greet(scene.base)
    let prefixes = [NibblePrefix](repeating: .empty, count: 512)
    // Until the kernel's buffers are full in both directions the daemon reads on.
    var isCut = false
    for number in 1...4_000 where !isCut {
      let request = TreeRequest(requestID: UInt32(number), author: scene.evil.id, prefixes: prefixes)
      do { try session.send([Message](repeating: .treeGet(request), count: 8)) } catch { isCut = true }
    }
    try waitUntil("the session is cut", seconds: 60) { scene.base.logText.contains("asks and does not read") }
    let growth = try scene.base.residentBytes() - before
    print("resident memory grew by \(growth >> 20) MiB")
    #expect(growth < 96 << 20)
    try scene.checkGoodPeer(sessions: sessions, holding: 1)
  }

  @Test(
    "DATA that nobody asked for is dropped; at a wrong place, too long or compressed it closes the session")
  func wrongData() throws {
    let scene = try HostileFrameTests.Scene()
    let content = HostileContent([UInt8](repeating: 3, count: 100_000))
    let session = try scene.evil.greet(scene.base)
    try session.send(.data(DataHeader(requestID: 5, offset: 0, rawLength: 2), payload: [1, 2]))
    try session.send([.end(requestID: 9, .ok), .map(requestID: 9, first: 0, [content.map.blocks[0]])])
    #expect(try session.answers())
    try session.push(
      [scene.evil.recording(content.id, content.map, name: "x.mcap")] + scene.evil.holdings([content.id]))
    let half = [UInt8](repeating: 3, count: 50_000)[...]
    let faults: [(BlockRequest) -> [Message]] = [
      { [.data(DataHeader(requestID: $0.requestID, offset: 4, rawLength: 50_000), payload: half)] },
      { [.map(requestID: $0.requestID, first: 0, [content.map.blocks[0]])] },
      {
        let header = DataHeader(requestID: $0.requestID, offset: 0, rawLength: 50_000)
        return [.data(header, payload: half), .end(requestID: $0.requestID, .ok)]
      },
      // Half of it is there now: this is more than the rest.
      {
        let header = DataHeader(requestID: $0.requestID, offset: $0.offset, rawLength: 60_000)
        return [.data(header, payload: [UInt8](repeating: 3, count: 60_000)[...])]
      },
    ]
    for (index, fault) in faults.enumerated() {
      let code = try Self.closing(scene, [content.id: content]) { message in
        if case .blockGet(let request) = message { fault(request) } else { nil }
      }
      #expect(code == .protocolViolation, "case \(index)")
    }
    #expect(try scene.evil.greet(scene.base).answers())
  }

  @Test("a MAP that is too long, starts elsewhere, or is data instead closes the session")
  func wrongMap() throws {
    let scene = try HostileFrameTests.Scene()
    let content = HostileContent([UInt8](repeating: 4, count: 100_000))
    let hash = content.map.blocks[0]
    let session = try scene.evil.greet(scene.base)
    try session.push(
      [scene.evil.recording(content.id, content.map, name: "x.mcap")] + scene.evil.holdings([content.id]))
    #expect(try session.answers())
    let faults: [(UInt32) -> [Message]] = [
      { [.map(requestID: $0, first: 0, [hash, hash])] }, { [.map(requestID: $0, first: 1, [hash])] },
      { [.map(requestID: $0, first: 0, [hash]), .map(requestID: $0, first: 0, [hash])] },
      { [.data(DataHeader(requestID: $0, offset: 0, rawLength: 1), payload: [1])] },
    ]
    for (index, fault) in faults.enumerated() {
      let code = try Self.closing(scene, [:]) { message in
        if case .mapGet(let requestID, _) = message { fault(requestID) } else { nil }
      }
      #expect(code == .protocolViolation, "case \(index)")
    }
    #expect(try scene.evil.greet(scene.base).answers())
  }

  /// Serves a new session with a fault until the base closes it.
  private static func closing(
    _ scene: HostileFrameTests.Scene, _ contents: [ContentID: HostileContent],
    answer: @escaping (Message) -> [Message]?
  ) throws -> CloseCode? {
    let session = try scene.evil.greet(scene.base)
    var code: CloseCode?
    try session.serve(
      contents,
      answer: { message in
        if case .close(let said, _) = message {
          code = said
          return []
        }
        return answer(message)
      }, until: { code != nil })
    return code
  }
}
