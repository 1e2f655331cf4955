public import AcqCore

/// What the catalog knows about one recording. All of it can be made again from the recording, so a catalog may be
/// lost without losing anything.
public struct CatalogEntry: Equatable, Sendable {
  /// SHA-256 of the recording's bytes: its only name inside acqd.
  public var id: ContentID
  /// File name as the recorder gave it; means nothing, several recordings may share it.
  public var name: String
  /// The node that sealed the recording.
  public var origin: NodeID
  /// That node's name, for people.
  public var originName: String
  /// Bytes of the file.
  public var sizeBytes: UInt64
  /// Least log time of its messages, nanoseconds since 1970; nil without messages.
  public var startNs: UInt64?
  /// Greatest log time of its messages; nil without messages.
  public var endNs: UInt64?
  /// Whether it has no footer.
  public var isCutOff: Bool
  /// Its topics, in the order of the recording's summary.
  public var topics: [CatalogTopic]
  /// Its Metadata records, in the order of the file.
  public var metadata: [CatalogMetadata]
  /// The recording that this one was made from.
  public var parent: ContentID?
  /// What a reader of the recording should know, one line each.
  public var problems: [String]

  /// An entry; see the properties.
  public init(
    id: ContentID, name: String, origin: NodeID, originName: String, sizeBytes: UInt64,
    startNs: UInt64? = nil,
    endNs: UInt64? = nil, isCutOff: Bool = false, topics: [CatalogTopic] = [],
    metadata: [CatalogMetadata] = [], parent: ContentID? = nil, problems: [String] = []
  ) {
    self.id = id
    self.name = name
    self.origin = origin
    self.originName = originName
    self.sizeBytes = sizeBytes
    self.startNs = startNs
    self.endNs = endNs
    self.isCutOff = isCutOff
    self.topics = topics
    self.metadata = metadata
    self.parent = parent
    self.problems = problems
  }

  /// From the first to the last message, nanoseconds; nil without messages, 0 when the times are in disorder.
  public var durationNs: UInt64? {
    guard let startNs, let endNs else { return nil }
    return endNs >= startNs ? endNs - startNs : 0
  }
}

/// One topic of a recording.
public struct CatalogTopic: Equatable, Sendable {
  /// The topic's name.
  public var name: String
  /// Name of its schema; empty without one.
  public var schema: String
  /// Encoding of its messages, such as `protobuf`.
  public var encoding: String
  /// Number of messages.
  public var count: UInt64

  /// A topic.
  public init(name: String, schema: String, encoding: String, count: UInt64) {
    self.name = name
    self.schema = schema
    self.encoding = encoding
    self.count = count
  }
}

/// One Metadata record of a recording (MCAP spec, Metadata op=0x0C).
public struct CatalogMetadata: Equatable, Sendable {
  /// One name and its value.
  public struct Field: Equatable, Sendable {
    /// The field's name.
    public var name: String
    /// Its value.
    public var value: String
    /// A field.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// The record's name.
  public var name: String
  /// Its fields, in the order of the file.
  public var fields: [Field]

  /// A record.
  public init(name: String, fields: [Field]) {
    self.name = name
    self.fields = fields
  }

  /// A record from name–value pairs.
  public init(name: String, fields: [(String, String)]) {
    self.init(name: name, fields: fields.map { Field($0.0, $0.1) })
  }
}
