public import AcqCore
public import AcqCrypto
public import AcqWire

/// Decides which recordings are pulled over which session, block by block (protocol §5, §7, §8). Bytes never enter:
/// the shell writes them and reports counts.
public struct TransferPlan: Sendable {
  /// What the shell must do.
  public enum Action: Equatable, Sendable {
    /// Look for a stored map and what is staged; answered by `prepared`.
    case prepare(Claim)
    /// The map is proved: keep it, make the part; answered by `prepared`.
    case stage(Claim, BlockMap)
    /// Send a request over a session.
    case send(SessionID, Message)
    /// Read back, check, install; answered by `finished`.
    case finish(Claim)
    /// A person should know: this claim is false.
    case alarm(Claim, String)
  }

  /// Recordings worked on at once: keeps memory and open files bounded.
  static let activeMax = 8
  /// How long a peer is not asked for a recording after a bad block or an error at its side (protocol §7).
  static let asidePeriod = Duration.seconds(600)
  /// How long after "busy" or "limit" the same peer is asked again.
  static let busyPeriod = Duration.seconds(1)
  /// How long after a failure of our own medium a recording is tried again.
  static let retryPeriod = Duration.seconds(30)

  struct Lane: Sendable {
    let peer: NodeID
    var window: Int
    var inflightBytes = 0
    var nextRequestID: UInt32 = 1
    /// Request → recording, block and the bytes still to come.
    var requests: [UInt32: Request] = [:]
  }

  struct Request {
    let id: ContentID
    /// Nil: the map.
    var block: Int?
    /// Where in the block the peer was asked to begin: not 0 when another session brought what is before.
    var start = 0
    var offset = 0
    var end = 0
  }

  /// A peer and what it is not asked for. By claim: what fails under a false one may be right under the true one.
  struct Aside: Hashable {
    let peer: NodeID
    let claim: Claim
  }

  struct Pause {
    let until: Instant
    /// It did not hold the recording: asked again as soon as its HOLDING says something else (protocol §8, END 1).
    let endsWithHolding: Bool
  }

  var lanes: [SessionID: Lane] = [:]
  var downloads: [ContentID: Download] = [:]
  /// Least urgent first, so that the most urgent one is taken from the end.
  private var queue: [(claim: Claim, sequence: UInt64)] = []
  private var isQueueStale = true
  private var rebuiltAt: Instant?
  private var grantCount = 0
  var aside: [Aside: Pause] = [:]
  private var retryAt: [ContentID: Instant] = [:]
  private var quarantined: Set<Claim> = []
  /// Installed or being verified, and perhaps not yet in our own HOLDING.
  private var installed: Set<ContentID> = []
  /// Whether requests pause because the disk is full.
  public var isPaused = false

  /// Nothing is wanted yet.
  public init() {}

  /// Whether requests are outstanding over `session`.
  public func hasOutstanding(_ session: SessionID) -> Bool { lanes[session]?.requests.isEmpty == false }

  /// Recordings being fetched now, with the share that is verified, for status.
  public func progress() -> [ContentID: (verifiedBytes: UInt64, peer: NodeID?)] {
    downloads.mapValues { download in
      let bytes = UInt64(download.verified.count) * UInt64(Limits.blockBytes)
      return (min(bytes, download.claim.sizeBytes), download.session.flatMap { lanes[$0]?.peer })
    }
  }

  // MARK: - What happened

  /// A session is ready to be asked; `window` bytes may be outstanding.
  public mutating func opened(_ session: SessionID, peer: NodeID, window: Int) {
    lanes[session] = Lane(peer: peer, window: window)
    isQueueStale = true
  }

  /// A session ended: its requests are void, the bytes that came stay.
  public mutating func closed(_ session: SessionID) {
    lanes[session] = nil
    for id in downloads.keys where downloads[id]?.session == session { downloads[id]?.detach() }
    isQueueStale = true
  }

  /// Statements changed what may be wanted or who holds it. `holdingOf` names an author whose receipts changed: what it
  /// could not give before may be asked of it again (protocol §8, END 1).
  public mutating func ledgerChanged(holdingOf author: NodeID?) {
    isQueueStale = true
    if let author { aside = aside.filter { !$0.value.endsWithHolding || $0.key.peer != author } }
  }

  /// Files that are perhaps these recordings are being verified: nothing is pulled over them.
  public mutating func present(_ ids: [ContentID]) { installed.formUnion(ids) }

  /// A recording that was held is not any more (bit rot, a volume gone).
  public mutating func withdrawn(_ id: ContentID) {
    installed.remove(id)
    isQueueStale = true
  }

  /// Answers `prepare` and `stage`: whether a map is there, which blocks of it are staged and proved, and how many
  /// bytes there are of others, from their start.
  public mutating func prepared(_ claim: Claim, hasMap: Bool, verified: BlockSet, partial: [Int: Int]) {
    guard downloads[claim.id]?.claim == claim else { return }
    downloads[claim.id]?.verified = verified
    downloads[claim.id]?.partial = partial
    downloads[claim.id]?.phase = hasMap ? .fetching : .needsMap
  }

  /// The shell could not prepare or stage: the recording waits.
  public mutating func preparationFailed(_ claim: Claim, at now: Instant) { postpone(claim.id, at: now) }

  /// Answers `finish`.
  public mutating func finished(_ claim: Claim, _ outcome: FinishOutcome, at now: Instant) -> [Action] {
    guard downloads[claim.id]?.claim == claim else { return [] }
    switch outcome {
    case .installed:
      downloads[claim.id] = nil
      installed.insert(claim.id)
    case .wrongBlocks(let blocks):
      for block in blocks { downloads[claim.id]?.verified.remove(block) }
      downloads[claim.id]?.phase = .fetching
    case .falseClaim:
      downloads[claim.id] = nil
      quarantined.insert(claim)
      isQueueStale = true
      return [.alarm(claim, "every block is as stated, the whole is not: the claim is false")]
    case .failed: postpone(claim.id, at: now)
    }
    return []
  }

  mutating func postpone(_ id: ContentID, at now: Instant) {
    if let session = downloads[id]?.session { forget(id, over: session) }
    downloads[id] = nil
    retryAt[id] = now + Self.retryPeriod
    isQueueStale = true
  }

  mutating func setAside(_ id: ContentID, peer: NodeID, until: Instant, endsWithHolding: Bool = false) {
    guard let claim = downloads[id]?.claim else { return }
    aside[Aside(peer: peer, claim: claim)] = Pause(until: until, endsWithHolding: endsWithHolding)
    guard let session = downloads[id]?.session, lanes[session]?.peer == peer else { return }
    forget(id, over: session)
    downloads[id]?.detach()
  }

  /// Requests for `id` over `session` are void; late answers to them are dropped.
  private mutating func forget(_ id: ContentID, over session: SessionID) {
    for (requestID, request) in lanes[session]?.requests ?? [:] where request.id == id {
      lanes[session]?.inflightBytes -= request.end - request.offset
      lanes[session]?.requests[requestID] = nil
    }
  }

  // MARK: - What to do next

  /// Fills the windows: activates recordings and asks for maps and blocks. Call after every event.
  public mutating func plan(_ view: TeamView, at now: Instant) -> [Action] {
    guard !isPaused, TeamView.wantsRecordings(view.members[view.own]?.role ?? .car) else { return [] }
    rebuildQueue(view, at: now)
    var actions = activate(view, at: now)
    for id in downloads.keys.sorted(by: isMoreUrgent) { assign(id, view, at: now) }
    for session in lanes.keys.sorted() { actions += grant(over: session) }
    for (id, download) in downloads where download.phase == .fetching && download.verified.isComplete {
      downloads[id]?.phase = .finishing
      actions.append(.finish(download.claim))
    }
    return actions
  }

  /// When `plan` should be called although nothing happened; nil when never.
  public var deadline: Instant? {
    let rebuild = isQueueStale ? rebuiltAt.map { $0 + rebuildPeriod } : nil
    return [rebuild, aside.values.map(\.until).min(), retryAt.values.min()].compactMap(\.self).min()
  }

  /// Sorting costs more the more there is; this keeps it under a tenth of a core.
  private var rebuildPeriod: Duration { .milliseconds(50) + .microseconds(10 * queue.count) }

  private mutating func rebuildQueue(_ view: TeamView, at now: Instant) {
    if aside.values.contains(where: { $0.until <= now }) || retryAt.values.contains(where: { $0 <= now }) {
      aside = aside.filter { $0.value.until > now }
      retryAt = retryAt.filter { $0.value > now }
      isQueueStale = true
    }
    if let rebuiltAt, now < rebuiltAt + rebuildPeriod, !queue.isEmpty { return }
    guard isQueueStale, !lanes.isEmpty else { return }
    isQueueStale = false
    rebuiltAt = now
    installed = installed.filter { !view.holds(view.own, $0) }
    queue = view.gaps(of: view.own).reversed().compactMap { gap in
      guard !gap.isOnlyUncatalogued, downloads[gap.id] == nil, retryAt[gap.id] == nil else { return nil }
      return candidate(gap.id, view).map { ($0, gap.sequence) }
    }
  }

  /// The first claim about a recording that is not known to be false and that somebody in reach can be asked for.
  private func candidate(_ id: ContentID, _ view: TeamView) -> Claim? {
    view.claims(of: id).first { !quarantined.contains($0) && source(of: $0, view) != nil }
  }

  private mutating func activate(_ view: TeamView, at now: Instant) -> [Action] {
    var actions: [Action] = []
    while downloads.count < Self.activeMax, !queue.isEmpty {
      // One place is the oldest recording's, so that it is not starved by new ones; not the first place.
      let isOldestDue = !downloads.isEmpty && !downloads.values.contains(where: \.isOldest)
      let next = isOldestDue ? queue.removeFirst() : queue.removeLast()
      guard !installed.contains(next.claim.id), !view.holds(view.own, next.claim.id) else { continue }
      downloads[next.claim.id] = Download(claim: next.claim, sequence: next.sequence, isOldest: isOldestDue)
      actions.append(.prepare(next.claim))
    }
    return actions
  }

  private func isMoreUrgent(_ a: ContentID, _ b: ContentID) -> Bool {
    guard let first = downloads[a], let second = downloads[b] else { return a < b }
    if first.sequence != second.sequence { return first.sequence > second.sequence }
    if first.claim.sizeBytes != second.claim.sizeBytes {
      return first.claim.sizeBytes < second.claim.sizeBytes
    }
    return a < b
  }

  /// The session with the fewest bytes outstanding whose peer holds the recording.
  private func source(of claim: Claim, _ view: TeamView) -> SessionID? {
    lanes.filter {
      view.holds($0.value.peer, claim.id) && aside[Aside(peer: $0.value.peer, claim: claim)] == nil
    }.min { ($0.value.inflightBytes, $0.key) < ($1.value.inflightBytes, $1.key) }?.key
  }

  private mutating func assign(_ id: ContentID, _ view: TeamView, at now: Instant) {
    guard let download = downloads[id], download.session == nil else { return }
    if let session = source(of: download.claim, view) {
      downloads[id]?.session = session
    } else if download.phase == .needsMap || download.phase == .fetching, !download.verified.isComplete {
      // Nobody in reach has it: make room for another, or for another claim; what is staged stays on disk.
      if !queue.isEmpty || view.freed(view.own, id) || candidate(id, view) != nil {
        downloads[id] = nil
        isQueueStale = true
      }
    }
  }

  private mutating func grant(over session: SessionID) -> [Action] {
    var actions: [Action] = []
    while let lane = lanes[session], lane.requests.count < Limits.requestsMax,
      lane.inflightBytes < lane.window
    {
      let candidates = downloads.keys.filter { canAsk($0, over: session) }.sorted(by: isMoreUrgent)
      grantCount += 1
      let oldest = candidates.first { downloads[$0]?.isOldest == true }
      guard let id = grantCount.isMultiple(of: 5) ? oldest ?? candidates.first : candidates.first else {
        break
      }
      guard let action = ask(id, over: session) else { break }
      actions.append(action)
    }
    return actions
  }

  private func canAsk(_ id: ContentID, over session: SessionID) -> Bool {
    guard let download = downloads[id], download.session == session else { return false }
    switch download.phase {
    case .needsMap: return true
    case .fetching: return download.nextBlock() != nil
    case .preparing, .fetchingMap, .staging, .finishing: return false
    }
  }

  private mutating func ask(_ id: ContentID, over session: SessionID) -> Action? {
    guard let download = downloads[id], var lane = lanes[session] else { return nil }
    let requestID = lane.nextRequestID
    lane.nextRequestID = requestID == .max ? 1 : requestID + 1
    defer { lanes[session] = lane }
    if download.phase == .needsMap {
      if download.claim.blockCount == 0 { return stageEmpty(download.claim) }
      downloads[id]?.phase = .fetchingMap(requestID: requestID)
      downloads[id]?.mapHashes = []
      lane.requests[requestID] = Request(id: id)
      return .send(session, .mapGet(requestID: requestID, id))
    }
    guard let block = download.nextBlock() else { return nil }
    let size = download.claim.byteCount(ofBlock: block)
    let offset = download.partial[block] ?? 0
    // Never beyond the window: it is what a lost connection or a kill may cost.
    guard lane.inflightBytes == 0 || lane.inflightBytes + size - offset <= lane.window else { return nil }
    downloads[id]?.outstanding[block] = requestID
    lane.requests[requestID] = Request(id: id, block: block, start: offset, offset: offset, end: size)
    lane.inflightBytes += size - offset
    let request = BlockRequest(
      requestID: requestID, subject: SubjectID(sameBytesAs: id), block: UInt32(block), offset: UInt32(offset),
      length: UInt32(size - offset), priority: 2)
    return .send(session, .blockGet(request))
  }

  private mutating func stageEmpty(_ claim: Claim) -> Action {
    guard let map = BlockMap(sizeBytes: 0, blocks: []) else {
      preconditionFailure("an empty file has no blocks")
    }
    guard map.root == claim.blockRoot else {
      quarantined.insert(claim)
      downloads[claim.id] = nil
      return .alarm(claim, "the stated root is not that of an empty file")
    }
    downloads[claim.id]?.phase = .staging
    return .stage(claim, map)
  }
}
