public import AcqCore
import AcqCrypto
public import AcqWire

/// A peer broke the protocol while answering: the session is closed.
public struct TransferViolation: Error, Hashable {
  /// What it did.
  public let reason: String

  /// A violation.
  public init(reason: String) { self.reason = reason }
}

extension TransferPlan {
  /// Where a DATA frame's payload goes; nil for a request that was given up, whose data is dropped. Throws when the
  /// frame is not what was asked for.
  public func route(_ session: SessionID, _ header: DataHeader, count: Int) throws(TransferViolation)
    -> DataRoute?
  {
    guard let request = lanes[session]?.requests[header.requestID] else { return nil }
    guard let block = request.block, let claim = downloads[request.id]?.claim else {
      throw TransferViolation(reason: "data answers a request for a map")
    }
    guard Int(header.offset) == request.offset, count > 0, request.offset + count <= request.end else {
      throw TransferViolation(
        reason: "data at \(header.offset)+\(count), asked for \(request.offset) to \(request.end)")
    }
    return DataRoute(claim: claim, block: block, offset: request.offset)
  }

  /// The payload of a routed DATA frame was dealt with.
  public mutating func written(
    _ session: SessionID, requestID: UInt32, count: Int, _ outcome: WriteOutcome, at now: Instant
  ) {
    guard let request = lanes[session]?.requests[requestID], let block = request.block else { return }
    lanes[session]?.requests[requestID]?.offset += count
    lanes[session]?.inflightBytes -= count
    downloads[request.id]?.partial[block] = request.offset + count
    switch outcome {
    case .partial: break
    case .verified:
      downloads[request.id]?.verified.insert(block)
      downloads[request.id]?.partial[block] = nil
    case .wrong:
      downloads[request.id]?.partial[block] = nil
      // Who sent only the end of it is not blamed for its start: it comes again, whole, from one peer (protocol §5).
      if request.start == 0, let peer = lanes[session]?.peer {
        setAside(request.id, peer: peer, until: now + Self.asidePeriod)
      }
    case .failed: postpone(request.id, at: now)
    }
  }

  /// A MAP frame: the next hashes of the map that was asked for.
  public mutating func mapReceived(
    _ session: SessionID, requestID: UInt32, first: Int, hashes: [BlockHash]
  ) throws(TransferViolation) {
    guard let request = lanes[session]?.requests[requestID] else { return }
    guard let download = downloads[request.id], case .fetchingMap(requestID) = download.phase else {
      throw TransferViolation(reason: "a map answers another request")
    }
    guard first == download.mapHashes.count, first + hashes.count <= download.claim.blockCount else {
      throw TransferViolation(reason: "map hashes \(first)+\(hashes.count) of \(download.claim.blockCount)")
    }
    downloads[request.id]?.mapHashes += hashes
  }

  /// END: a request is over.
  public mutating func ended(
    _ session: SessionID, requestID: UInt32, _ status: EndStatus, at now: Instant
  ) throws(TransferViolation) -> [Action] {
    guard let lane = lanes[session], let request = lane.requests[requestID] else { return [] }
    lanes[session]?.requests[requestID] = nil
    lanes[session]?.inflightBytes -= request.end - request.offset
    if let block = request.block { downloads[request.id]?.outstanding[block] = nil }
    if status == .ok {
      guard let block = request.block else { return mapEnded(request.id, peer: lane.peer, at: now) }
      guard request.offset == request.end else {
        throw TransferViolation(reason: "block \(block) ended at \(request.offset) of \(request.end)")
      }
      return []
    }
    if request.block == nil, case .fetchingMap? = downloads[request.id]?.phase {
      downloads[request.id]?.phase = .needsMap
    }
    switch status {
    case .busy, .limit: setAside(request.id, peer: lane.peer, until: now + Self.busyPeriod)
    case .notHeld:
      setAside(request.id, peer: lane.peer, until: now + Self.asidePeriod, endsWithHolding: true)
    case .inputOutput, .changed, .denied: setAside(request.id, peer: lane.peer, until: now + Self.asidePeriod)
    case .cancelled, .ok: break
    }
    return []
  }

  private mutating func mapEnded(_ id: ContentID, peer: NodeID, at now: Instant) -> [Action] {
    guard let download = downloads[id], case .fetchingMap = download.phase else { return [] }
    let map = BlockMap(sizeBytes: download.claim.sizeBytes, blocks: download.mapHashes)
    downloads[id]?.mapHashes = []
    guard let map, map.root == download.claim.blockRoot else {
      downloads[id]?.phase = .needsMap
      setAside(id, peer: peer, until: now + Self.asidePeriod)
      return [.alarm(download.claim, "the block map that \(peer.short) sent does not give the stated root")]
    }
    downloads[id]?.phase = .staging
    return [.stage(download.claim, map)]
  }
}
