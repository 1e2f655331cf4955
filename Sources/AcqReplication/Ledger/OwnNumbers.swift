public import AcqCore

/// What a node does about a statement of its own that a peer brings and that wins its register: another life of this
/// node wrote it, before a restored disk, or on another machine that uses the same key (protocol §4, "Own numbers").
///
/// Whatever the answer, the shell first raises its counter to the statement's number. Answers that publish something
/// are given once per ten seconds and register; after three in an hour for one register the next stops the node from
/// authoring, because two machines would answer each other for ever.
public struct OwnNumbers: Sendable {
  /// What to do.
  public enum Answer: Hashable, Sendable {
    /// Store the statement as it is, like anybody's: the other life's word is as good as ours.
    case takeOver
    /// Do not store it; publish this above it.
    case publish(Publication)
    /// Do not store it; `due` gives what to publish when its time has come.
    case later
    /// Another machine uses this key: do not store it, author nothing any more, raise the alarm.
    case stop
  }

  /// A register of this node to be written again.
  public struct Publication: Hashable, Sendable {
    /// Which register.
    public let key: RegisterKey
    /// Its kind.
    public let kind: StatementKind
    /// Its subject.
    public let subject: SubjectID
    /// Its shard.
    public let shard: UInt8
    /// HOLDING and NODE: nil, say the present truth, an empty shard too. ANNOTATION: say
    /// `OwnNumbers.merge` of the present fields and these.
    public var merging: AnnotationBody?
  }

  private struct Recent: Sendable {
    var answers: [Instant] = []
    var waiting: Publication?
  }

  /// The least time between two answers of one register.
  static let pause = Duration.seconds(10)
  /// Answers of one register within `window` before the next stops the node.
  static let answersMax = 3
  static let window = Duration.seconds(3_600)
  /// Registers remembered before those without an answer in the last hour are forgotten.
  private static let rememberedMax = 1_024

  private var recent: [RegisterKey: Recent] = [:]
  /// Whether this node may not author any more: another machine uses its key. Until the next start.
  public private(set) var isStopped = false

  /// Registers remembered, for tests.
  package var rememberedCount: Int { recent.count }

  /// A node that answered nothing yet.
  public init() {}

  /// Answers a statement that this node signed in another life and that wins its register. `current`: the body that
  /// the register holds now, which matters for an ANNOTATION.
  public mutating func answer(
    _ statement: Statement, key: RegisterKey, current: [UInt8]?, at now: Instant
  ) -> Answer {
    if isStopped { return .stop }
    var publication = Publication(
      key: key, kind: statement.kind, subject: statement.subject, shard: statement.shard)
    switch statement.kind {
    case .holding, .node: break
    case .annotation:
      guard let theirs = AnnotationBody(decoding: statement.body),
        let mine = current.flatMap(AnnotationBody.init(decoding:)), Self.merge(mine, theirs) != theirs
      else { return .takeOver }
      publication.merging = theirs
    default: return .takeOver
    }
    return answer(publication, at: now)
  }

  private mutating func answer(_ publication: Publication, at now: Instant) -> Answer {
    forget(at: now)
    var register = recent[publication.key] ?? Recent()
    defer { recent[publication.key] = register }
    register.answers.removeAll { now - $0 >= Self.window }
    if register.answers.count >= Self.answersMax {
      isStopped = true
      return .stop
    }
    guard let last = register.answers.last, now - last < Self.pause else {
      register.answers.append(now)
      return .publish(publication)
    }
    var waiting = publication
    if let before = register.waiting?.merging, let theirs = publication.merging {
      waiting.merging = Self.merge(before, theirs)
    }
    register.waiting = waiting
    return .later
  }

  /// What has waited long enough: publish each. Call it when `deadline` has passed, and look at `isStopped` after it.
  public mutating func due(at now: Instant) -> [Publication] {
    if isStopped { return [] }
    var ready: [Publication] = []
    for (key, register) in recent {
      guard let waiting = register.waiting, let last = register.answers.last, now - last >= Self.pause else {
        continue
      }
      recent[key]?.waiting = nil
      if case .publish(let publication) = answer(waiting, at: now) { ready.append(publication) }
    }
    return ready.sorted { $0.key < $1.key }
  }

  /// When `due` has something.
  public var deadline: Instant? {
    if isStopped { return nil }
    return recent.values.compactMap { $0.waiting == nil ? nil : $0.answers.last.map { $0 + Self.pause } }
      .min()
  }

  private mutating func forget(at now: Instant) {
    guard recent.count >= Self.rememberedMax else { return }
    recent = recent.filter { entry in
      entry.value.waiting != nil || (entry.value.answers.last.map { now - $0 < Self.window } ?? false)
    }
  }

  /// Field by field the higher edit; of equal edits the other life's, which others have seen.
  public static func merge(_ mine: AnnotationBody, _ theirs: AnnotationBody) -> AnnotationBody {
    AnnotationBody(fields: mine.fields.merging(theirs.fields) { $0.edit > $1.edit ? $0 : $1 })
  }
}
