public import AcqCore

/// Which statement of a register stays, and which are taken at all (protocol §4, "Acceptance" and "Join").
public enum Join {
  /// What becomes of a statement that came from a peer.
  public enum Decision: Hashable, Sendable {
    /// It wins its register: check the signature, then store it.
    case store
    /// That very statement is here.
    case known
    /// The one here wins.
    case older
    /// Its author is not accepted: skipped, never a violation.
    case unaccepted
    /// One register more than `Limits.statementsPerAuthorMax`: not stored; the author leaves the accepted list.
    case suspend
    /// This node's own statement, from another life: check the signature, then ask `OwnNumbers`.
    case ownNumber
  }

  /// A decision, and whether the author said two things under one number.
  public struct Verdict: Hashable, Sendable {
    /// What becomes of the statement.
    public let decision: Decision
    /// The statement here and this one have the same number; if its signature is valid, both are evidence.
    public let isEquivocation: Bool
    /// Whether the signature matters: the others are skipped without the 70 µs.
    public var needsSignature: Bool {
      switch decision {
      case .store, .suspend, .ownNumber: true
      case .known, .older, .unaccepted: isEquivocation
      }
    }
  }

  /// Whether a statement with this number and hash wins over another: the higher number, then the lower hash.
  /// A total order, so joins commute, associate and repeat without effect.
  public static func wins(
    _ sequence: UInt64, _ hash: StatementHash, over otherSequence: UInt64, _ otherHash: StatementHash
  ) -> Bool {
    sequence > otherSequence || sequence == otherSequence && hash < otherHash
  }

  /// Decides about a well-formed statement from a peer. `own` is this node; `registersMax` is for tests.
  public static func decide(
    author: NodeID, key: RegisterKey, sequence: UInt64, hash: StatementHash, own: NodeID, manifest: Manifest,
    registersMax: Int = Limits.statementsPerAuthorMax
  ) -> Verdict {
    guard manifest.accepted.contains(author) else {
      return Verdict(decision: .unaccepted, isEquivocation: false)
    }
    guard let current = manifest.entry(author: author, key: key) else {
      if author == own { return Verdict(decision: .ownNumber, isEquivocation: false) }
      let isFull = manifest.count(of: author) >= registersMax
      return Verdict(decision: isFull ? .suspend : .store, isEquivocation: false)
    }
    if current.hash == hash { return Verdict(decision: .known, isEquivocation: false) }
    let isEquivocation = current.sequence == sequence
    guard wins(sequence, hash, over: current.sequence, current.hash) else {
      return Verdict(decision: .older, isEquivocation: isEquivocation)
    }
    return Verdict(decision: author == own ? .ownNumber : .store, isEquivocation: isEquivocation)
  }
}

/// Two statements of one register under one number, both signed by their author.
public struct Equivocation: Hashable, Sendable {
  /// Who said both.
  public let author: NodeID
  /// About what.
  public let key: RegisterKey
  /// Under which number.
  public let sequence: UInt64
  /// The statement that was here first.
  public let first: StatementHash
  /// The one that came.
  public let second: StatementHash
}

/// Remembers of which authors there is evidence: the first pair of each is kept and named, and no session is closed
/// for it, because a car that lost its last commit does this honestly (protocol §4).
public struct EvidenceBook: Hashable, Sendable {
  /// Authors whose first pair is kept.
  public private(set) var authors: Set<NodeID>

  /// A book that has evidence of `authors`.
  public init(authors: Set<NodeID> = []) { self.authors = authors }

  /// What to keep and raise an alarm for: the first pair of its author; nil when there is one already.
  /// Call it after the signature was found valid, with what the register holds and what came.
  public mutating func note(
    author: NodeID, key: RegisterKey, current: ManifestEntry, second: StatementHash
  ) -> Equivocation? {
    guard authors.insert(author).inserted else { return nil }
    return Equivocation(
      author: author, key: key, sequence: current.sequence, first: current.hash, second: second)
  }
}
