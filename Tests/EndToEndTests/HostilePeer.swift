import AcqCore
import AcqCrypto
import AcqSystem
import AcqWire
import Foundation
import TestSupport

/// A node that the test is: it has a key and a card like every node, speaks the handshake and the frames as they should
/// be, and says in them whatever the test wants.
final class HostilePeer {
  let key: NodeKey
  let name: String
  let card: Card
  private var sequence: UInt64 = 0

  init(_ role: Role, name: String) throws {
    key = NodeKey.generate(role: role)
    self.name = name
    guard let card = key.card(name: name) else { throw TestSupportError("\(name) is no name") }
    self.card = card
  }

  var id: NodeID { key.id }
  var subject: SubjectID { SubjectID(sameBytesAs: key.id) }

  /// Its handshake is done; nothing was said yet.
  func dial(_ node: TestNode) throws -> HostileSession {
    let target = try Card(parsing: node.card)
    let socket = try Socket.connect(host: "127.0.0.1", port: node.replicationPort, timeout: .seconds(5))
    let initiator = try NoiseInitiator(key: key, peerStatic: target.noisePublic)
    try socket.writeAll(initiator.message1, timeout: .seconds(5))
    guard let answer = HostileBytes.read(socket, count: NoiseInitiator.message2Bytes) else {
      throw TestSupportError("\(node.name) does not answer \(name)'s handshake")
    }
    return HostileSession(socket, try initiator.finish(message2: answer))
  }

  /// Handshake and HELLO both ways.
  func greet(_ node: TestNode) throws -> HostileSession {
    let session = try dial(node)
    try session.greet(as: name)
    return session
  }

  /// Takes the next connection and does the handshake of the side that is dialled.
  func accept(_ listener: Listener) throws -> HostileSession {
    guard let socket = try listener.accept(timeout: .seconds(20)) else {
      throw TestSupportError("nobody dials \(name)")
    }
    var responder = NoiseResponder(key: key)
    guard let message1 = HostileBytes.read(socket, count: NoiseResponder.message1Bytes) else {
      throw TestSupportError("the dialler says nothing")
    }
    _ = try responder.read(message1: message1)
    try socket.writeAll(try responder.message2())
    return HostileSession(socket, responder.finish())
  }

  // MARK: - Statements

  /// A statement of its own, numbered one higher than the last.
  func statement(
    _ kind: StatementKind, about subject: SubjectID? = nil, shard: UInt8 = 0, body: [UInt8],
    sequence: UInt64? = nil
  ) -> Statement {
    self.sequence = sequence ?? self.sequence + 1
    return Statement.signed(
      kind: kind, subject: subject ?? self.subject, shard: shard, sequence: self.sequence, body: body, by: key
    )
  }

  /// RECORDING: says that it made it.
  func recording(_ id: ContentID, _ map: BlockMap, name: String, sizeBytes: UInt64? = nil) -> Statement {
    let body = RecordingBody(
      sizeBytes: sizeBytes ?? map.sizeBytes, blockRoot: map.root, name: name, isCutOff: true)
    return statement(.recording, about: SubjectID(sameBytesAs: id), body: body.encoded)
  }

  /// HOLDING of the shards of `ids`: says that it has them.
  func holdings(_ ids: [ContentID], freed: [ContentID] = []) -> [Statement] {
    Dictionary(grouping: ids + freed) { $0[0] }.map { shard, _ in
      let body = HoldingBody(
        held: ids.filter { $0[0] == shard }, freed: freed.filter { $0[0] == shard }, asOfMs: 1)
      return statement(.holding, shard: shard, body: body.encoded)
    }
  }
}

/// One connection of a `HostilePeer`, after the handshake.
final class HostileSession {
  let socket: Socket
  private var sealer: RecordSealer
  private var opener: RecordOpener
  private var buffer: [UInt8] = []
  private var position = 0
  private var inbox: [Message] = []

  init(_ socket: Socket, _ channel: consuming SecureChannel) {
    self.socket = socket
    sealer = channel.sealer
    opener = channel.opener
  }

  // MARK: - Saying

  func send(_ messages: [Message]) throws {
    var output: [UInt8] = []
    sealer.seal(messages, into: &output)
    try socket.writeAll(output, timeout: .seconds(20))
  }

  func send(_ message: Message) throws { try send([message]) }

  /// Pushes statements.
  func push(_ statements: [Statement]) throws {
    try send(statements.map { .statement(requestID: 0, $0) })
  }

  /// Any bytes as the plaintext of one record.
  func send(plaintext: [UInt8]) throws { try socket.writeAll(sealer.seal(plaintext), timeout: .seconds(20)) }

  /// Says HELLO and hears the other one.
  func greet(as name: String) throws {
    try send(.hello(Hello(root: .zero, name: name)))
    _ = try wait("HELLO") { if case .hello = $0 { true } else { false } }
  }

  // MARK: - Hearing

  /// What a read came to.
  enum Heard: Equatable {
    case message(Message)
    case nothing
    case ended
  }

  /// The next message.
  func next(seconds: Double = 10) throws -> Heard {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      if !inbox.isEmpty { return .message(inbox.removeFirst()) }
      if let messages = try opener.nextMessages(in: &buffer, at: &position) {
        inbox += messages
        buffer.removeSubrange(..<position)
        position = 0
        continue
      }
      let left = deadline - ContinuousClock.now
      guard left > .zero else { return .nothing }
      do throws(Errno) {
        switch try socket.read(into: &buffer, upTo: 64 << 10, timeout: left) {
        case .bytes: continue
        case .ended: return .ended
        case .timedOut: return .nothing
        }
      } catch { return .ended }
    }
  }

  /// The first message that `isIt`; others before it are passed over.
  func wait(_ what: String, seconds: Double = 20, _ isIt: (Message) -> Bool) throws -> Message {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
      switch try next(seconds: 1) {
      case .message(let message): if isIt(message) { return message }
      case .nothing: continue
      case .ended: throw TestSupportError("the session ended instead of \(what)")
      }
    }
    throw TestSupportError("no \(what) within \(seconds) s")
  }

  /// The code of the CLOSE that comes, nil when the connection ends without one.
  func closing(seconds: Double = 20) throws -> CloseCode? {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while ContinuousClock.now < deadline {
      switch try next(seconds: 1) {
      case .message(.close(let code, _)): return code
      case .message, .nothing: continue
      case .ended: return nil
      }
    }
    throw TestSupportError("the session goes on")
  }

  /// The status of the END that answers `requestID`, and the bytes of DATA before it.
  func end(of requestID: UInt32) throws -> (status: EndStatus, byteCount: Int) {
    var byteCount = 0
    let end = try wait("END \(requestID)") { message in
      if case .data(let header, let payload) = message, header.requestID == requestID {
        byteCount += payload.count
      }
      if case .end(requestID, _) = message { return true }
      return false
    }
    guard case .end(_, let status) = end else { throw TestSupportError("no END") }
    return (status, byteCount)
  }

  /// Whether the other side answers PING: it lives, and has dealt with everything before.
  func answers(_ id: UInt64 = 7) throws -> Bool {
    try send(.ping(Ping(id: id, monotonicNs: 1, wallMs: 1, isClockSet: false)))
    _ = try wait("PONG") { if case .pong(let pong) = $0 { pong.id == id } else { false } }
    return true
  }

  // MARK: - Serving

  /// Answers the other side until `condition` holds: PING, and requests for `contents`. `answer` may say something else.
  func serve(
    _ contents: [ContentID: HostileContent], seconds: Double = 30,
    answer: (Message) -> [Message]? = { _ in nil },
    until condition: () throws -> Bool
  ) throws {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while try !condition() {
      guard ContinuousClock.now < deadline else { throw TestSupportError("still not after \(seconds) s") }
      guard case .message(let message) = try next(seconds: 0.05) else { continue }
      if let own = answer(message) {
        try send(own)
        continue
      }
      switch message {
      case .ping(let ping): try send(.pong(ping))
      case .mapGet(let requestID, let id):
        try send(contents[id]?.map(answering: requestID) ?? [.end(requestID: requestID, .notHeld)])
      case .blockGet(let request):
        let content = contents[ContentID(sameBytesAs: request.subject)]
        try send(content?.data(answering: request) ?? [.end(requestID: request.requestID, .notHeld)])
      case _: continue
      }
    }
  }
}

/// Bytes with their map, as a peer that holds them.
struct HostileContent {
  let id: ContentID
  var map: BlockMap
  var bytes: [UInt8]

  init(_ bytes: [UInt8]) {
    var digest = FileDigest()
    digest.update(bytes)
    (id, map) = digest.finish()
    self.bytes = bytes
  }

  func map(answering requestID: UInt32) -> [Message] {
    let frames = stride(from: 0, to: map.blocks.count, by: WireLimits.mapHashesMax).map { first in
      Message.map(
        requestID: requestID, first: UInt32(first),
        Array(map.blocks[first..<min(map.blocks.count, first + WireLimits.mapHashesMax)]))
    }
    return frames + [.end(requestID: requestID, .ok)]
  }

  func data(answering request: BlockRequest) -> [Message] {
    let start = Int(request.block) << 20
    let wanted = Int(request.offset)..<Int(request.offset + request.length)
    let frames = stride(from: wanted.lowerBound, to: wanted.upperBound, by: Limits.dataPayloadMax).map {
      offset in
      let end = min(wanted.upperBound, offset + Limits.dataPayloadMax)
      let header = DataHeader(
        requestID: request.requestID, offset: UInt32(offset), rawLength: UInt32(end - offset))
      return Message.data(header, payload: bytes[(start + offset)..<(start + end)])
    }
    return frames + [.end(requestID: request.requestID, .ok)]
  }
}

/// Plain bytes over sockets.
enum HostileBytes {
  /// Exactly `count` bytes within five seconds; nil when the other side ends it before.
  static func read(_ socket: Socket, count: Int) -> [UInt8]? {
    var bytes: [UInt8] = []
    while bytes.count < count {
      guard case .bytes? = try? socket.read(into: &bytes, upTo: count - bytes.count, timeout: .seconds(5))
      else {
        return nil
      }
    }
    return bytes
  }

  /// What comes until the other side closes; nil when it does not within `seconds`.
  static func untilClosed(_ socket: Socket, seconds: Double = 10) -> [UInt8]? {
    let deadline = ContinuousClock.now + .seconds(seconds)
    var bytes: [UInt8] = []
    while ContinuousClock.now < deadline {
      do {
        switch try socket.read(into: &bytes, upTo: 4096, timeout: .milliseconds(200)) {
        case .bytes, .timedOut: continue
        case .ended: return bytes
        }
      } catch { return bytes }
    }
    return nil
  }
}

extension TestNode {
  /// Trusts the peer, also while the daemon runs.
  func trust(_ peer: HostilePeer, _ options: String...) throws {
    let words = ["trust", peer.card.line] + options + ["--state", state]
    let result = try TestProcess.run(try Repository.product("acqd"), words, seconds: 60)
    guard result.status == 0 else { throw TestSupportError("trust: \(result.errorText)") }
  }

  /// Resident memory of the daemon in bytes.
  func residentBytes() throws -> Int {
    guard let pid = process?.pid else { throw TestSupportError("\(name) does not run") }
    let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
      let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
    else { throw TestSupportError("no VmRSS") }
    return kilobytes << 10
  }

  /// How often the log has `text`.
  func logCount(_ text: String) -> Int { logText.components(separatedBy: text).count - 1 }
}
