public import AcqCore

/// A node of the team, as this node knows it from its card.
public struct Member: Hashable, Sendable {
  /// Its id.
  public var id: NodeID
  /// The name on its card.
  public var name: String
  /// Its role, part of its identity.
  public var role: Role
  /// Whether its statements are taken and count (protocol §1, "accepted authors").
  public var isAccepted: Bool

  /// A member; see the properties.
  public init(id: NodeID, name: String, role: Role, isAccepted: Bool) {
    self.id = id
    self.name = name
    self.role = role
    self.isAccepted = isAccepted
  }
}

/// A recording as one origin stated it.
public struct StatedRecording: Hashable, Sendable {
  /// Who sealed it.
  public var origin: NodeID
  /// The origin's number of the statement: the order in which it sealed.
  public var sequence: UInt64
  /// What it said.
  public var body: RecordingBody

  /// A statement's effect.
  public init(origin: NodeID, sequence: UInt64, body: RecordingBody) {
    self.origin = origin
    self.sequence = sequence
    self.body = body
  }
}

/// What one node said it holds and freed, over all its shards.
public struct Receipts: Hashable, Sendable {
  /// Held, verified.
  public var held: Set<ContentID> = []
  /// Had and freed.
  public var freed: Set<ContentID> = []
  /// Of `held`, those in its catalog.
  public var catalogued: Set<ContentID> = []
  /// Whether it keeps a catalog at all.
  public var keepsCatalog = false
  /// When it last said so, for people; milliseconds since 1970.
  public var asOfMs: UInt64 = 0

  /// Nothing held.
  public init() {}
}
