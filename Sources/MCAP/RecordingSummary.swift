public import AcqCore

/// What the catalog knows of a recording, found by reading all of it: the recording's own summary may be missing,
/// stale or wrong.
public struct RecordingSummary: Hashable, Sendable {
  /// Messages of one topic that share schema and encoding; one or more channels.
  public struct Topic: Hashable, Sendable {
    /// Its name.
    public let name: String
    /// Name of its schema, or empty.
    public let schemaName: String
    /// Encoding of its schema, or empty.
    public let schemaEncoding: String
    /// Encoding of its messages.
    public let messageEncoding: String
    /// Complete messages.
    public let count: UInt64
  }

  /// Least log time of complete messages; nil without any.
  public let startNs: UInt64?
  /// Greatest log time of complete messages; nil without any.
  public let endNs: UInt64?
  /// How it ends.
  public let ending: MessageReader.Ending
  /// Complete messages of known channels.
  public let messageCount: UInt64
  /// Topics by name, also those without messages.
  public let topics: [Topic]
  /// Metadata records in file order.
  public let metadata: [Metadata]
  /// Attachments in file order.
  public let attachments: [AttachmentIndex]
  /// The profile of its header, or empty.
  public let profile: String
  /// The program that its header names, or empty.
  public let library: String
  /// What is wrong with it, one line each; being cut off is not wrong.
  public let problems: [String]

  /// Whether footer or closing magic is missing.
  public var isCutOff: Bool { ending != .closed }

  /// Reads all of `source`. Throws `MCAPError` of kind `notMCAP` or `cancelled`, and what the source throws. An empty
  /// file and one whose head was lost are cut-off recordings without messages.
  public static func scan(
    _ source: any ByteSource, isCancelled: @escaping () -> Bool = { false }
  ) throws -> RecordingSummary {
    var options = MessageReader.Options()
    options.isCancelled = isCancelled
    options.recordBytesMax = MCAPLimits.servedRecordBytesMax
    var reader: MessageReader
    do {
      reader = try MessageReader(source, options: options)
    } catch let error as MCAPError where error.kind == .headLost {
      return RecordingSummary(headLost: error)
    }
    let tally = try reader.tallyAll()
    return RecordingSummary(reader, tally)
  }

  private init(headLost error: MCAPError) {
    startNs = nil
    endNs = nil
    ending = .cutOff(offset: 0, reason: error.reason)
    messageCount = 0
    topics = []
    metadata = []
    attachments = []
    profile = ""
    library = ""
    problems = [error.reason]
  }

  private init(_ reader: MessageReader, _ tally: MessageTally) {
    guard let ending = reader.ending else { preconditionFailure("a reader that gave nil knows its end") }
    startNs = tally.times?.lowerBound
    endNs = tally.times?.upperBound
    self.ending = ending
    messageCount = tally.count
    topics = Self.topics(reader)
    metadata = reader.metadata
    attachments = reader.attachments
    profile = reader.header?.profile ?? ""
    library = reader.header?.library ?? ""
    let untold = reader.problemCount - reader.problems.count
    problems = reader.problems.map(\.description) + (untold > 0 ? ["and \(untold) more problems"] : [])
  }

  private static func topics(_ reader: MessageReader) -> [Topic] {
    var counts: [[String]: UInt64] = [:]
    for (channel, schema, count) in reader.channels {
      let key = [channel.topic, schema?.name ?? "", schema?.encoding ?? "", channel.messageEncoding]
      counts[key, default: 0] += count
    }
    return counts.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { key, count in
      Topic(
        name: key[0], schemaName: key[1], schemaEncoding: key[2], messageEncoding: key[3], count: count)
    }
  }
}
