import AcqCore
import AcqCrypto
import AcqReplication
import AcqSystem
import AcqWire
import Synchronization

/// One live connection: a thread that reads, a thread that writes, and between them nothing but the engine.
final class Connection: Sendable {
  /// What a connection's threads work with.
  struct Context: Sendable {
    var engine: Engine
    var ledger: Ledger
    var receiver: Receiver
    var server: RecordingServer
    var log: Log
  }

  /// Bytes asked of the socket at once: several records.
  static let readBytes = 256 << 10
  /// How long the peer may take to close its side after CLOSE.
  private static let goodbyePeriod = Duration.seconds(1)
  /// A peer that takes nothing for so long does not read any more.
  static let writeTimeout = Duration.seconds(30)

  let id: SessionID
  let card: Card
  let outbox = Outbox()
  private let socket: Socket
  private let context: Context
  private let channel: Mutex<SecureChannel?>
  private let meter = Mutex(RateMeter())
  /// Whether the reader has come to its end.
  private let hasEnded = Monitor(false)
  private let onSettled: Mutex<(@Sendable () -> Void)?>

  /// `onSettled` is called once: when the session is confirmed, or ends without.
  init(
    id: SessionID, card: Card, socket: Socket, channel: consuming SecureChannel, context: Context,
    onSettled: @escaping @Sendable () -> Void
  ) {
    self.onSettled = Mutex(onSettled)
    self.id = id
    self.card = card
    self.socket = socket
    self.context = context
    self.channel = Mutex(consume channel)
  }

  /// Bytes of recordings coming in a second, over the last seconds.
  var bytesPerSecond: Double { meter.withLock { $0.bytesPerSecond(at: Clock.monotonic()) } }

  /// Starts both threads; returns at once. The reader ends the connection.
  func start() throws(Errno) {
    guard let channel = channel.withLock({ $0.take() }) else {
      preconditionFailure("a connection starts once")
    }
    let sealer = Mutex<RecordSealer?>(channel.sealer)
    let opener = Mutex<RecordOpener?>(channel.opener)
    let writer = try Thread.start(name: "send-\(card.name)") { [self] in
      guard var own = sealer.withLock({ $0.take() }) else { return }
      write(&own)
    }
    _ = try Thread.start(name: "receive-\(card.name)") { [self] in
      guard var own = opener.withLock({ $0.take() }) else { return }
      read(&own)
      hasEnded.change { $0 = true }
      outbox.end()
      socket.shutdown()
      writer.join()
      context.engine.closed(id)
    }
  }

  /// The session is confirmed or over: no half-open connection any more.
  func settled() { onSettled.withLock { $0.take() }?() }

  /// Resets the connection; its threads end by themselves.
  func abort() {
    outbox.end()
    socket.abort()
  }

  // MARK: - Reading

  private func read(_ opener: inout RecordOpener) {
    var buffer: [UInt8] = []
    buffer.reserveCapacity(2 * Self.readBytes)
    var hasOpened = false
    do {
      while true {
        guard case .bytes = try socket.read(into: &buffer, upTo: Self.readBytes, timeout: nil) else { return }
        context.engine.handle(.bytesRead(id))
        var position = 0
        while let messages = try opener.nextMessages(in: &buffer, at: &position) {
          hasOpened = true
          try take(messages)
        }
        buffer.removeSubrange(..<position)
        if outbox.isOverflown {
          context.log.warning("a peer asks and does not read; the session ends", [.peer: card.name])
          return socket.abort()
        }
      }
    } catch let error as WireError where !hasOpened && error.frameType == nil && error.kind != .truncated {
      // The first message may have been an old one sent again: nothing is the peer's doing before a record opened.
      context.log.debug("a session's first record is not the peer's", [.peer: card.name, .reason: error])
    } catch let error as WireError {
      context.engine.handle(.violated(id, error.description))
      waitForGoodbye()
    } catch let error as TransferViolation {
      context.engine.handle(.violated(id, error.reason))
      waitForGoodbye()
    } catch {
      context.log.debug("session's socket ended", [.peer: card.name, .reason: "\(error)"])
    }
  }

  /// Lets the writer say CLOSE before the socket is shut. What still comes is read and dropped: unread bytes would make
  /// the kernel reset the connection, and CLOSE would be lost.
  private func waitForGoodbye() {
    let deadline = Clock.monotonic() + .milliseconds(500)
    while true {
      var ignored: [UInt8] = []
      let left = deadline - Clock.monotonic()
      guard left > .zero,
        case .bytes? = try? socket.read(into: &ignored, upTo: Self.readBytes, timeout: left)
      else { return }
    }
  }

  private func take(_ messages: [Message]) throws {
    var statements: [Statement] = []
    for message in messages {
      if case .statement(_, let statement) = message {
        statements.append(statement)
        continue
      }
      try takeStatements(&statements)
      if case .data(let header, let payload) = message {
        try takeData(header, payload)
      } else {
        context.engine.handle(.received(id, message))
      }
    }
    try takeStatements(&statements)
  }

  private func takeStatements(_ statements: inout [Statement]) throws {
    guard !statements.isEmpty else { return }
    guard context.engine.isConfirmed(id) else { throw TransferViolation(reason: "a statement before HELLO") }
    try context.ledger.take(statements, from: card.id)
    context.engine.handle(.statementsDealt(id, count: statements.count))
    statements.removeAll()
  }

  private func takeData(_ header: DataHeader, _ payload: ArraySlice<UInt8>) throws {
    meter.withLock { $0.add(payload.count, at: Clock.monotonic()) }
    guard let route = try context.engine.route(id, header, count: payload.count) else { return }
    let outcome = context.receiver.write(payload, to: route)
    if outcome == .wrong {
      context.log.warning(
        "a block from a peer is wrong and was thrown away",
        [.peer: card.name, .recording: route.claim.id, .blocks: route.block])
    }
    context.engine.handle(.written(id, requestID: header.requestID, count: payload.count, outcome))
  }

  // MARK: - Writing

  private func write(_ sealer: inout RecordSealer) {
    var pending = ServedBlock()
    do {
      while true {
        switch outbox.next() {
        case .items(let items):
          if try send(items, &sealer) { continue }
          _ = hasEnded.wait(until: Clock.monotonic() + Self.goodbyePeriod) { $0 ? true : nil }
          return socket.shutdown()
        case .block(let request): try serve(request, &pending, &sealer)
        case .ended: return socket.shutdown()
        }
      }
    } catch {
      context.log.debug("sending ended", [.peer: card.name, .reason: "\(error)"])
      socket.abort()
    }
  }

  /// Sends items in order; false when CLOSE was among them.
  private func send(_ items: [Outbox.Item], _ sealer: inout RecordSealer) throws -> Bool {
    var messages: [Message] = []
    for item in items {
      switch item {
      case .message(let message): messages.append(message)
      case .ping(let id): messages.append(.ping(clocks(id: id)))
      case .pong(let ping): messages.append(.pong(answer(ping)))
      case .statements(let requestID, let references):
        messages += try context.ledger.statements(references[...]).map {
          .statement(requestID: requestID, $0)
        }
        try flush(&messages, &sealer)
        if requestID == 0 { context.engine.handle(.statementsSent(id, count: references.count)) }
      case .serveMap(let requestID, let content):
        messages += context.server.mapMessages(content, requestID: requestID)
        try flush(&messages, &sealer)
        context.engine.handle(.served(id, requestID: requestID))
      case .cancelled(let requestID):
        messages.append(.end(requestID: requestID, .cancelled))
        context.engine.handle(.served(id, requestID: requestID))
      case .close(let code, let text):
        messages.append(.close(code, text: text))
        try flush(&messages, &sealer)
        outbox.end()
        socket.finishWriting()
        return false
      }
      if messages.count >= Self.messagesPerWrite { try flush(&messages, &sealer) }
    }
    try flush(&messages, &sealer)
    return true
  }

  /// Messages sealed before they are written: bounds the memory of a long queue.
  private static let messagesPerWrite = 256

  private func flush(_ messages: inout [Message], _ sealer: inout RecordSealer) throws {
    guard !messages.isEmpty else { return }
    var output: [UInt8] = []
    sealer.seal(messages, into: &output)
    messages.removeAll()
    try socket.writeAll(output, timeout: Self.writeTimeout)
  }

  private func clocks(id: UInt64) -> Ping {
    Ping(
      id: id, monotonicNs: UInt64(Clock.monotonic().nanoseconds), wallMs: Clock.wallMs(),
      isClockSet: context.ledger.isClockSet)
  }

  private func answer(_ ping: Ping) -> Ping {
    Ping(
      id: ping.id, monotonicNs: ping.monotonicNs, wallMs: Clock.wallMs(),
      isClockSet: context.ledger.isClockSet)
  }

  private func serve(_ request: BlockRequest, _ pending: inout ServedBlock, _ sealer: inout RecordSealer)
    throws
  {
    let messages = context.server.nextPart(of: request, &pending)
    var output: [UInt8] = []
    output.reserveCapacity(ServedBlock.partBytes + 1024)
    // A DATA frame fills its record: sealed one by one, no payload is copied only to be found too many.
    for message in messages { sealer.seal([message], into: &output) }
    let isOver = messages.contains { if case .end = $0 { true } else { false } }
    if isOver { outbox.finish(request) }
    try socket.writeAll(output, timeout: Self.writeTimeout)
    if isOver { context.engine.handle(.served(id, requestID: request.requestID)) }
  }
}
