import AcqCore
import AcqCrypto
import AcqSystem
import AcqWire
import Foundation
import TestSupport
import Testing

/// Whoever has no trusted key, and whoever has one and has not said HELLO yet.
@Suite("Hostile: strangers") struct HostileStrangerTests {
  private static func connect(_ node: TestNode) throws -> Socket {
    try Socket.connect(host: "127.0.0.1", port: node.replicationPort, timeout: .seconds(5))
  }

  @Test("a stranger's key is refused silently, and named in the log and by trust --pending")
  func stranger() throws {
    let team = try TestTeam([.base])
    let base = team[.base]
    try base.startAndWait()
    let stranger = try HostilePeer(.cloud, name: "stranger")
    let socket = try Self.connect(base)
    let initiator = try NoiseInitiator(key: stranger.key, peerStatic: Card(parsing: base.card).noisePublic)
    try socket.writeAll(initiator.message1)
    #expect(HostileBytes.untilClosed(socket) == [])
    let fingerprint = Array(SHA256.hash(stranger.key.noisePublic, as: BlockHash.self).hex.prefix(16))
    let groups = stride(from: 0, to: 16, by: 4).map { String(fingerprint[$0..<$0 + 4]) }
    let text = groups.joined(separator: "-")
    try waitUntil("the log names the stranger") { base.logText.contains(text) }
    #expect(base.logText.contains("a stranger was refused"))
    let pending = try base.command("trust", "--pending")
    #expect(pending.text.contains(text))
    #expect(pending.text.contains("127.0.0.1"))
  }

  @Test("wrong preambles, wrong lengths and garbage are closed without a word")
  func garbage() throws {
    let team = try TestTeam([.base])
    let base = team[.base]
    try base.startAndWait()
    let peer = try HostilePeer(.cloud, name: "peer")
    try base.trust(peer, "--addr", "127.0.0.1:1")
    let target = try Card(parsing: base.card).noisePublic
    let good = try NoiseInitiator(key: peer.key, peerStatic: target).message1
    func altered(_ index: Int, _ value: UInt8) -> [UInt8] {
      var bytes = good
      bytes[index] = value
      return bytes
    }
    var random = SeededRandom(seed: 7)
    let openings: [[UInt8]] = [
      altered(0, 0x42), altered(4, 2), altered(5, 1), altered(7, 1), altered(8, 1), altered(9, 95),
      altered(9, 97), altered(10, good[10] ^ 1), altered(60, good[60] ^ 1), altered(105, good[105] ^ 1),
      random.bytes(106), [UInt8](repeating: 0, count: 106), Array("GET / HTTP/1.1\r\n\r\n".utf8),
      try NoiseInitiator(key: peer.key, peerStatic: peer.key.noisePublic).message1,
    ]
    for (index, opening) in openings.enumerated() {
      let socket = try Self.connect(base)
      try socket.writeAll(opening)
      #expect(HostileBytes.untilClosed(socket) == [], "opening \(index)")
    }
    for count in stride(from: 0, to: good.count, by: 15) {
      let socket = try Self.connect(base)
      try socket.writeAll(Array(good.prefix(count)))
      socket.finishWriting()
      #expect(HostileBytes.untilClosed(socket) == [], "\(count) bytes")
    }
    #expect(try peer.greet(base).answers())
  }

  @Test("a first message takes two seconds at most")
  func slow() throws {
    let team = try TestTeam([.base])
    try team.start()
    let socket = try Self.connect(team[.base])
    try socket.writeAll([0x41])
    let start = ContinuousClock.now
    #expect(HostileBytes.untilClosed(socket) == [])
    let took = ContinuousClock.now - start
    #expect(took > .seconds(1) && took < .seconds(5), "\(took)")
  }

  @Test("300 half-open connections: the oldest strangers are closed, and a good peer syncs meanwhile")
  func halfOpen() throws {
    let team = try TestTeam([.car, .base])
    let (car, base) = (team[.car], team[.base])
    try team.start()
    try waitUntil("car and base talk") { base.logText.contains("session confirmed") }
    let opened = try (0..<300).map { index in
      try HalfOpenSocket(port: base.replicationPort, from: "127.9.\(1 + index / 15).1")
    }
    // Two seconds each may live; those before the last 256 must go at once.
    try waitUntil("the oldest are closed", seconds: 1.5) { opened.prefix(44).allSatisfy(\.isClosed) }
    let alive = opened.suffix(200).count { !$0.isClosed }
    #expect(alive == 200)
    try TestRecording(seed: 300).write(car.incoming + "/1.mcap")
    try team.waitUntilInSync(holding: 1)
    #expect(base.logCount("session confirmed") == 1)
  }

  @Test("of more than 20 handshakes a second from one address the rest is refused; others are let in")
  func flood() throws {
    let team = try TestTeam([.base]) { _, _ in nil }
    let base = team[.base]
    try base.startAndWait()
    let peer = try HostilePeer(.cloud, name: "peer")
    try base.trust(peer)
    let target = try Card(parsing: base.card).noisePublic
    // Whole first messages of a trusted key, from an address that no peer is configured at.
    var answered = 0
    let start = ContinuousClock.now
    let sockets = try (0..<60).map { _ in try HalfOpenSocket(port: base.replicationPort, from: "127.9.9.9") }
    for socket in sockets { socket.write(try NoiseInitiator(key: peer.key, peerStatic: target).message1) }
    for socket in sockets where socket.reads(count: NoiseInitiator.message2Bytes) { answered += 1 }
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    #expect(answered >= 20)
    #expect(Double(answered) <= 20 * (seconds + 2), "\(answered) in \(seconds) s")
    #expect(answered < 60)
    let other = HostileBytes.self
    let socket = try Self.connect(base)
    try socket.writeAll(NoiseInitiator(key: peer.key, peerStatic: target).message1)
    #expect(other.read(socket, count: NoiseInitiator.message2Bytes) != nil)
  }

  @Test("another protocol version in HELLO is answered with CLOSE(version)")
  func version() throws {
    let team = try TestTeam([.base])
    try team.start()
    let peer = try HostilePeer(.cloud, name: "peer")
    try team[.base].trust(peer)
    let session = try peer.dial(team[.base])
    let hello = Hello(protocolMin: 2, protocolMax: 9, root: .zero, name: "future")
    try session.send(.hello(hello))
    #expect(try session.closing() == .version)
    #expect(try peer.greet(team[.base]).answers())
  }

  @Test("nothing before HELLO has an effect")
  func beforeHello() throws {
    let team = try TestTeam([.base])
    let base = team[.base]
    try base.startAndWait()
    let peer = try HostilePeer(.base, name: "peer")
    try base.trust(peer)
    let content = HostileContent([1, 2, 3])
    let early = peer.recording(content.id, content.map, name: "early.mcap")
    for message in [
      Message.statement(requestID: 0, early), .ping(Ping(id: 1, monotonicNs: 1, wallMs: 1, isClockSet: true)),
      .root(.zero, seen: 0), .mapGet(requestID: 1, content.id),
    ] {
      let session = try peer.dial(base)
      try session.send(message)
      #expect(try session.closing() == .protocolViolation)
    }
    // In one record with a HELLO that comes too late.
    let session = try peer.dial(base)
    try session.send([.statement(requestID: 0, early), .hello(Hello(root: .zero, name: "peer"))])
    #expect(try session.closing() == .protocolViolation)
    let last = try peer.greet(base)
    #expect(try last.answers())
    #expect(try base.status().recordings.isEmpty)
    try last.push([early])
    try waitUntil("the same is taken after HELLO") { try base.status().recordings.count == 1 }
  }

  @Test("a first message that is sent again has no effect, on the session or on dialling")
  func replay() throws {
    let team = try TestTeam([.base])
    let base = team[.base]
    try base.startAndWait()
    let peer = try HostilePeer(.cloud, name: "peer")
    let listener = try Listener(host: "127.0.0.1", port: 0)
    defer { listener.stop() }
    let target = try Card(parsing: base.card).noisePublic
    let old = try NoiseInitiator(key: peer.key, peerStatic: target).message1
    try base.trust(peer, "--addr", "127.0.0.1:\(listener.port)")
    let session = try peer.accept(listener)
    try session.greet(as: peer.name)
    #expect(try session.answers())
    for garbage in [[], [0, 1, 2], [0, 64] + [UInt8](repeating: 9, count: 64), [255, 255]] {
      let socket = try Self.connect(base)
      try socket.writeAll(old)
      #expect(HostileBytes.read(socket, count: NoiseInitiator.message2Bytes) != nil)
      try socket.writeAll(garbage)
      if garbage.isEmpty { socket.finishWriting() }
      // An answer and then no word: 5 s for HELLO at most.
      let isQuiet = HostileBytes.untilClosed(socket, seconds: 8) == []
      #expect(isQuiet, "after \(garbage.count) bytes")
      #expect(try session.answers())
    }
    #expect(base.logCount("session confirmed") == 1)
    // The peer's own session ends: it is dialled at once, as no one broke the protocol.
    session.socket.abort()
    #expect(try peer.accept(listener).socket.peerAddress.isLoopback)
  }
}

/// A plain connection from a chosen address of this machine.
final class HalfOpenSocket {
  private let descriptor: Int32

  init(port: UInt16, from address: String) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0, Self.call(bind, descriptor, address, 0),
      Self.call(connect, descriptor, "127.0.0.1", port)
    else { throw TestSupportError("\(address): \(String(cString: strerror(errno)))") }
  }

  deinit { close(descriptor) }

  /// Whether the other side has ended it.
  var isClosed: Bool {
    var byte: UInt8 = 0
    let count = recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK))
    return count == 0 || (count < 0 && errno != EAGAIN)
  }

  func write(_ bytes: [UInt8]) { _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// Whether `count` bytes come before the other side ends it.
  func reads(count: Int) -> Bool {
    var bytes = [UInt8](repeating: 0, count: count)
    return recv(descriptor, &bytes, count, Int32(MSG_WAITALL)) == count
  }

  private static func call(
    _ function: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ descriptor: Int32, _ host: String,
    _ port: UInt16
  ) -> Bool {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr(host)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        function(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
