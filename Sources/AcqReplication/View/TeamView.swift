public import AcqCore

/// What the statements of the ledger mean: who made, holds and freed which recording. Rebuilt by applying every
/// current statement; order does not matter. Statements without effect (unknown kinds, bodies that do not parse,
/// what an author may not say) change nothing (protocol §4, "Acceptance").
public struct TeamView: Sendable {
  /// This node.
  public let own: NodeID
  /// Everyone with a card, this node included.
  public private(set) var members: [NodeID: Member]
  /// Content id → what each origin stated of it.
  public private(set) var recordings: [ContentID: [StatedRecording]] = [:]
  /// Who holds what, of accepted and other authors alike; read through `holds`.
  public private(set) var receipts: [NodeID: Receipts] = [:]
  /// Root of a run → each author's fields.
  public private(set) var annotations: [ContentID: [NodeID: AnnotationBody]] = [:]
  /// What nodes said about themselves.
  public private(set) var nodes: [NodeID: NodeBody] = [:]

  /// Knows only the members.
  public init(own: NodeID, members: [Member]) {
    self.own = own
    self.members = Dictionary(members.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Replaces the members, after trust or untrust; statements stay.
  public mutating func setMembers(_ members: [Member]) {
    self.members = Dictionary(members.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Lets a current statement take effect in place of what its register said before. Idempotent.
  public mutating func apply(_ statement: Statement) {
    switch statement.kind {
    case .recording: applyRecording(statement)
    case .holding: applyHolding(statement)
    case .annotation:
      let subject = ContentID(sameBytesAs: statement.subject)
      annotations[subject, default: [:]][statement.author] = AnnotationBody(decoding: statement.body)
    case .node where statement.subject == SubjectID(sameBytesAs: statement.author):
      nodes[statement.author] = NodeBody(decoding: statement.body)
    case _: break
    }
  }

  private mutating func applyRecording(_ statement: Statement) {
    let id = ContentID(sameBytesAs: statement.subject)
    var stated = recordings[id, default: []]
    stated.removeAll { $0.origin == statement.author }
    if let body = RecordingBody(decoding: statement.body) {
      stated.append(StatedRecording(origin: statement.author, sequence: statement.sequence, body: body))
    }
    recordings[id] = stated.isEmpty ? nil : stated
  }

  private mutating func applyHolding(_ statement: Statement) {
    guard statement.subject == SubjectID(sameBytesAs: statement.author) else { return }
    var all = receipts[statement.author, default: Receipts()]
    let isOther: (ContentID) -> Bool = { $0[0] != statement.shard }
    all.held = all.held.filter(isOther)
    all.freed = all.freed.filter(isOther)
    all.catalogued = all.catalogued.filter(isOther)
    if let body = HoldingBody(decoding: statement.body), !(body.held + body.freed).contains(where: isOther) {
      all.held.formUnion(body.held)
      all.freed.formUnion(body.freed)
      all.catalogued.formUnion(body.catalogued ?? [])
      all.keepsCatalog = all.keepsCatalog || body.catalogued != nil
      all.asOfMs = max(all.asOfMs, body.asOfMs)
    }
    receipts[statement.author] = all
  }

  // MARK: - Questions

  /// Whether the node, as an accepted author, says that it holds the recording.
  public func holds(_ node: NodeID, _ id: ContentID) -> Bool {
    members[node]?.isAccepted == true && receipts[node]?.held.contains(id) == true
  }

  /// Whether the node, as an accepted author, says that it had the recording and freed it.
  public func freed(_ node: NodeID, _ id: ContentID) -> Bool {
    members[node]?.isAccepted == true && receipts[node]?.freed.contains(id) == true
  }

  /// Accepted members that say they hold the recording, ascending by id.
  public func holders(of id: ContentID) -> [Member] {
    members.values.filter { holds($0.id, id) }.sorted { $0.id < $1.id }
  }

  /// The statement that stands for a recording where several origins stated the same content: the first sealed one
  /// of the lowest origin, so that every node shows the same.
  public func stated(_ id: ContentID) -> StatedRecording? {
    recordings[id]?.min { ($0.origin, $0.sequence) < ($1.origin, $1.sequence) }
  }

  /// Distinct claims about a content id; more than one means that somebody lied or erred.
  public func claims(of id: ContentID) -> [Claim] {
    var claims: [Claim] = []
    for stated in recordings[id] ?? [] {
      let claim = Claim(id: id, sizeBytes: stated.body.sizeBytes, blockRoot: stated.body.blockRoot)
      if !claims.contains(claim) { claims.append(claim) }
    }
    return claims
  }

  /// The merged fields of a run: the highest (edit, author) of each field; removed fields are absent.
  public func fields(of id: ContentID) -> [String: String] {
    var best: [String: (edit: UInt32, author: NodeID, text: String?)] = [:]
    for (author, body) in annotations[id] ?? [:] {
      for (name, edit) in body.fields {
        if let known = best[name], (known.edit, known.author) > (edit.edit, author) { continue }
        best[name] = (edit.edit, author, edit.text)
      }
    }
    return best.compactMapValues(\.text)
  }

  /// How far the origin's clock was behind when it sealed, in milliseconds (protocol §11); nil when not known.
  public func clockOffsetMs(of id: ContentID) -> Int64? {
    fields(of: id)[Self.clockOffsetField].flatMap { Int64($0) }
  }

  /// The annotation that corrects a recording's times (protocol §11).
  public static let clockOffsetField = "clockOffsetMs"
}
