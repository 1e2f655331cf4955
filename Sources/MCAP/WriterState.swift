/// Records that a recording may do without.
public struct MCAPParts: OptionSet, Hashable, Sendable {
  /// One bit a part.
  public let rawValue: Int
  /// Parts by their bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// A message index for each channel after each chunk.
  public static let messageIndexes = MCAPParts(rawValue: 1)
  /// Schemas again in the summary.
  public static let repeatedSchemas = MCAPParts(rawValue: 2)
  /// Channels again in the summary.
  public static let repeatedChannels = MCAPParts(rawValue: 4)
  /// Statistics in the summary.
  public static let statistics = MCAPParts(rawValue: 8)
  /// An index of chunks in the summary.
  public static let chunkIndexes = MCAPParts(rawValue: 16)
  /// An index of attachments in the summary.
  public static let attachmentIndexes = MCAPParts(rawValue: 32)
  /// An index of metadata in the summary.
  public static let metadataIndexes = MCAPParts(rawValue: 64)
  /// Offsets of the summary's groups.
  public static let summaryOffsets = MCAPParts(rawValue: 128)
  /// All of them.
  public static let all = MCAPParts(rawValue: 255)
}

/// What a writer remembers for the summary.
struct WriterState {
  var schemas: [UInt16: Schema] = [:]
  var channels: [UInt16: Channel] = [:]
  var chunks: [ChunkIndex] = []
  var attachments: [AttachmentIndex] = []
  var metadata: [MetadataIndex] = []
  /// By channel id.
  private var counts: [UInt64] = []
  private var startNs = UInt64.max
  private var endNs = UInt64.min

  /// Counts a message; false when its channel was not added.
  mutating func count(_ message: Message) -> Bool {
    let id = Int(message.channelID)
    if id >= counts.count || counts[id] == 0 {
      guard channels[message.channelID] != nil else { return false }
      while counts.count <= id { counts.append(0) }
    }
    counts[id] += 1
    startNs = min(startNs, message.logTimeNs)
    endNs = max(endNs, message.logTimeNs)
    return true
  }

  private var statistics: Statistics {
    let total = counts.reduce(0, +)
    return Statistics(
      messageCount: total, schemaCount: UInt16(schemas.count), channelCount: UInt32(channels.count),
      attachmentCount: UInt32(attachments.count), metadataCount: UInt32(metadata.count),
      chunkCount: UInt32(chunks.count), startNs: total > 0 ? startNs : 0, endNs: total > 0 ? endNs : 0,
      channelMessageCounts: counts.indices.filter { counts[$0] > 0 }.map {
        Statistics.ChannelCount(channelID: UInt16($0), count: counts[$0])
      })
  }

  /// The summary section for a file in which it begins at `start`, and the offsets of its groups.
  func summary(_ parts: MCAPParts, at start: UInt64) -> (bytes: [UInt8], offsets: [SummaryOffset]) {
    var bytes: [UInt8] = []
    var offsets: [SummaryOffset] = []
    func group(_ opcode: UInt8, _ part: MCAPParts, _ write: () -> Void) {
      guard parts.contains(part) else { return }
      let before = bytes.count
      write()
      guard bytes.count > before else { return }
      offsets.append(
        SummaryOffset(
          groupOpcode: opcode, groupStart: start + UInt64(before),
          groupLength: UInt64(bytes.count - before)))
    }
    group(Opcode.schema, .repeatedSchemas) {
      for (_, schema) in schemas.sorted(by: { $0.key < $1.key }) { bytes.append(schema) }
    }
    group(Opcode.channel, .repeatedChannels) {
      for (_, channel) in channels.sorted(by: { $0.key < $1.key }) { bytes.append(channel) }
    }
    group(Opcode.statistics, .statistics) { bytes.append(statistics) }
    group(Opcode.metadataIndex, .metadataIndexes) { for index in metadata { bytes.append(index) } }
    group(Opcode.attachmentIndex, .attachmentIndexes) { for index in attachments { bytes.append(index) } }
    group(Opcode.chunkIndex, .chunkIndexes) { for index in chunks { bytes.append(index) } }
    return (bytes, offsets)
  }
}
