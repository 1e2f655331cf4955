import AcqCore
import AcqWire

extension Replica {
  /// Takes a message that came over a session.
  mutating func receive(_ message: Message, over id: SessionID, at now: Instant) -> [Action] {
    guard let session = sessions[id] else { return [] }
    if case .hello(let hello) = message {
      return session.greeting == nil ? greet(id, hello, at: now) : violate(id, "a second HELLO")
    }
    if case .close(let code, let text) = message {
      close(id)
      return [.abort(id, "the peer closed: \(code) \(text)")]
    }
    guard session.greeting != nil else { return violate(id, "a message before HELLO") }
    switch message {
    case .ping(let ping): return [.pong(id, ping)]
    case .pong(let pong):
      sessions[id]?.liveness.pong(sentNs: pong.monotonicNs, at: now)
      return [.clockHeard(peer: session.peer, wallMs: pong.wallMs, isSet: pong.isClockSet)]
    case .root(let root, let seen): return catchUp(id, .root(root, seen: seen), at: now)
    case .roots(let roots): return catchUp(id, .roots(roots), at: now)
    case .treeNode(let requestID, let index, let node):
      return catchUp(id, .treeNode(requestID: requestID, index: index, node), at: now)
    case .end(let requestID, let status): return end(id, requestID, status, at: now)
    case .treeGet(let request): return catchUp(id, .treeGet(request), at: now)
    case .statementGet, .mapGet, .blockGet, .cancel: return serve(message, over: id)
    case .map(let requestID, let first, let hashes):
      do throws(TransferViolation) {
        try transfers.mapReceived(id, requestID: requestID, first: Int(first), hashes: hashes)
        return []
      } catch { return violate(id, error.reason) }
    case .have, .ignored: return []
    case .grow: return violate(id, "GROW without its feature")
    case .statement, .data: return violate(id, "a bulk message went the wrong way")
    case .hello, .close: return []
    }
  }

  private mutating func greet(_ id: SessionID, _ hello: Hello, at now: Instant) -> [Action] {
    guard hello.protocolMin <= Version.protocolNumber, hello.protocolMax >= Version.protocolNumber else {
      close(id)
      return [
        .close(
          id, .version,
          "peer speaks protocol \(hello.protocolMin) to \(hello.protocolMax), this node \(Version.protocolNumber)"
        )
      ]
    }
    guard let session = sessions[id] else { return [] }
    var actions: [Action] = []
    // The root that we tell is the one of before the peer's HELLO had any effect.
    if !session.isDialler { actions.append(sayHello(id)) }
    if let loser = duplicate(of: id) {
      close(loser)
      actions.append(.close(loser, .duplicate, "another session with the same peer stays"))
      if loser == id { return actions }
    }
    sessions[id]?.greeting = hello
    let window = min(Limits.windowBytes, Int(hello.inflightBytesMax))
    transfers.opened(id, peer: session.peer, window: window)
    actions.append(.confirmed(id, peer: session.peer))
    actions.append(.ping(id, id: 0))
    return actions + catchUp(id, .peerHello(root: hello.root), at: now)
  }

  /// Of two sessions with one peer, the one that ends (protocol §7, HELLO_WAIT).
  private func duplicate(of id: SessionID) -> SessionID? {
    guard let session = sessions[id] else { return nil }
    let others = sessions.filter { $0.key != id && $0.value.peer == session.peer && $0.value.greeting != nil }
    guard let (otherID, other) = others.first else { return nil }
    let apart =
      session.openedAt > other.openedAt
      ? session.openedAt - other.openedAt : other.openedAt - session.openedAt
    guard other.isDialler != session.isDialler, apart <= Self.crossingPeriod else {
      return session.openedAt >= other.openedAt ? otherID : id
    }
    let lowerIsDialler = own < session.peer
    return session.isDialler == lowerIsDialler ? otherID : id
  }

  private mutating func end(
    _ id: SessionID, _ requestID: UInt32, _ status: EndStatus, at now: Instant
  ) -> [Action] {
    if CatchUp.owns(requestID: requestID) {
      return catchUp(id, .end(requestID: requestID, status), at: now)
    }
    do throws(TransferViolation) {
      return try transfers.ended(id, requestID: requestID, status, at: now).map(Self.carry)
    } catch { return violate(id, error.reason) }
  }

  /// Requests of the peer, answered from values or handed to the shell.
  private mutating func serve(_ message: Message, over id: SessionID) -> [Action] {
    switch message {
    case .statementGet(let requestID, let hashes): return [.findStatements(id, requestID: requestID, hashes)]
    case .mapGet(let requestID, let contentID):
      guard mayRead(contentID, over: id) else { return [.send(id, .end(requestID: requestID, .denied))] }
      guard sessions[id]?.admit(requestID: requestID, byteCount: 0) == true else {
        return limit(id, requestID)
      }
      return [.serveMap(id, requestID: requestID, contentID)]
    case .blockGet(let request):
      let contentID = ContentID(sameBytesAs: request.subject)
      guard mayRead(contentID, over: id) else {
        return [.send(id, .end(requestID: request.requestID, .denied))]
      }
      guard sessions[id]?.admit(requestID: request.requestID, byteCount: Int(request.length)) == true else {
        return limit(id, request.requestID)
      }
      return [.serveBlock(id, request)]
    case .cancel(let requestID):
      // One that is answered already is passed over: a second END would end the next request of that number.
      guard sessions[id]?.serving[requestID] != nil else { return [] }
      return [.cancelServe(id, requestID: requestID)]
    case _: return []
    }
  }

  private func limit(_ id: SessionID, _ requestID: UInt32) -> [Action] {
    [.send(id, .end(requestID: requestID, .limit))]
  }

  /// Base and cloud may read every recording; a car only its own and what was derived from them (protocol §1).
  private func mayRead(_ id: ContentID, over session: SessionID) -> Bool {
    guard let peer = sessions[session]?.peer, let role = view.members[peer]?.role else { return false }
    if role != .car { return true }
    return (view.recordings[id] ?? []).contains { stated in
      stated.origin == peer
        || stated.body.parent.map { parent in view.recordings[parent]?.contains { $0.origin == peer } ?? false
        } ?? false
    }
  }
}
