/// What `acqd status`, the status page and `GET /api/v1/status` show: one set of values for all three (product, "Status JSON").
public struct StatusReport: Hashable, Sendable {
  /// Whether the team's recordings are where this node's role wants them.
  public enum State: String, Hashable, Sendable {
    /// Nothing is missing anywhere that is known, and the news is fresh.
    case inSync = "in sync"
    /// At least one recording is not yet where it should be.
    case gaps
    /// No contact for too long to know.
    case cannotTell = "cannot tell"
    /// Pulls pause because less than `min_free` is left.
    case diskFull = "disk full"
  }

  /// One node of the team.
  public struct Node: Hashable, Sendable {
    /// Its id.
    public var id: NodeID
    /// The name on its card.
    public var name: String
    /// Its role.
    public var role: Role
    /// Recordings it holds, verified.
    public var held: Int
    /// Recordings it held and freed.
    public var freed: Int
    /// Recordings it wants and does not hold.
    public var missing: Int
    /// Bytes of those.
    public var missingBytes: UInt64
    /// Since when something is missing; milliseconds since 1970, nil when nothing is.
    public var sinceMs: UInt64?
    /// When this node last heard from it; milliseconds since 1970, nil when never. Now, for itself.
    public var lastContactMs: UInt64?
    /// Round trip in milliseconds, bytes per second being received, and what is wrong, for people.
    public var link: String?

    /// A row; see the properties.
    public init(
      id: NodeID, name: String, role: Role, held: Int = 0, freed: Int = 0, missing: Int = 0,
      missingBytes: UInt64 = 0, sinceMs: UInt64? = nil, lastContactMs: UInt64? = nil, link: String? = nil
    ) {
      self.id = id
      self.name = name
      self.role = role
      self.held = held
      self.freed = freed
      self.missing = missing
      self.missingBytes = missingBytes
      self.sinceMs = sinceMs
      self.lastContactMs = lastContactMs
      self.link = link
    }
  }

  /// One recording and how far it has come.
  public struct Recording: Hashable, Sendable {
    /// Its content id; nil for a file that was refused or is still being written.
    public var id: ContentID?
    /// File name.
    public var name: String
    /// Name of the node that made it.
    public var origin: String
    /// Bytes.
    public var sizeBytes: UInt64
    /// First message, nanoseconds since 1970, corrected when `isTimeCorrected`; nil without messages.
    public var startNs: UInt64?
    /// Whether `startNs` was corrected by a node with a set clock.
    public var isTimeCorrected: Bool
    /// Whether it has no footer.
    public var isCutOff: Bool
    /// Sealed by its origin.
    public var isSealed: Bool
    /// A base holds it.
    public var isOnBase: Bool
    /// A cloud holds it.
    public var isOnCloud: Bool
    /// It is in a cloud's catalog.
    public var isCatalogued: Bool
    /// Why it does not move, or nil when it is where it should be.
    public var reason: String?

    /// A row; see the properties.
    public init(
      id: ContentID?, name: String, origin: String, sizeBytes: UInt64, startNs: UInt64? = nil,
      isTimeCorrected: Bool = false, isCutOff: Bool = false, isSealed: Bool = false, isOnBase: Bool = false,
      isOnCloud: Bool = false, isCatalogued: Bool = false, reason: String? = nil
    ) {
      self.id = id
      self.name = name
      self.origin = origin
      self.sizeBytes = sizeBytes
      self.startNs = startNs
      self.isTimeCorrected = isTimeCorrected
      self.isCutOff = isCutOff
      self.isSealed = isSealed
      self.isOnBase = isOnBase
      self.isOnCloud = isOnCloud
      self.isCatalogued = isCatalogued
      self.reason = reason
    }
  }

  /// The node that reports.
  public var node: Node
  /// The whole, in one word.
  public var state: State
  /// One sentence that a tired person can act on.
  public var sentence: String
  /// Every node known, the reporting one first.
  public var nodes: [Node]
  /// Newest first by the origin's numbers.
  public var recordings: [Recording]
  /// What a person should know besides: equivocation, refused strangers, a catalog that is away.
  public var alarms: [String]
  /// When the report was made; milliseconds since 1970.
  public var nowMs: UInt64

  /// A report; see the properties.
  public init(
    node: Node, state: State, sentence: String, nodes: [Node], recordings: [Recording], alarms: [String],
    nowMs: UInt64
  ) {
    self.node = node
    self.state = state
    self.sentence = sentence
    self.nodes = nodes
    self.recordings = recordings
    self.alarms = alarms
    self.nowMs = nowMs
  }
}
