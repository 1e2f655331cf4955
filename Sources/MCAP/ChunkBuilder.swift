import AcqCompression

/// How the records of chunks are packed.
public enum ChunkCompression: Hashable, Sendable {
  /// Not at all.
  case none
  /// Fast, little.
  case lz4
  /// At zstd's level: 1 is fast, 3 usual, 19 slow.
  case zstd(level: Int)

  /// As chunks name it.
  var name: String {
    switch self {
    case .none: ""
    case .lz4: "lz4"
    case .zstd: "zstd"
    }
  }
}

/// Collects the records of one chunk and the indexes of its messages.
struct ChunkBuilder {
  private(set) var records: [UInt8] = []
  private var startNs = UInt64.max
  private var endNs = UInt64.min
  private var messageCount = 0
  /// By channel id; the arrays are kept from chunk to chunk.
  private var entries: [[MessageIndex.Entry]] = []
  private let keepsIndexes: Bool
  private let compression: ChunkCompression
  private let zstd: ZstdCompressor?

  init(_ compression: ChunkCompression, keepsIndexes: Bool) throws(CompressionError) {
    self.compression = compression
    self.keepsIndexes = keepsIndexes
    zstd = if case .zstd(let level) = compression { try ZstdCompressor(level: level) } else { nil }
  }

  mutating func append(_ schema: Schema) { records.append(schema) }
  mutating func append(_ channel: Channel) { records.append(channel) }

  mutating func append(_ message: Message) {
    if keepsIndexes {
      while entries.count <= Int(message.channelID) { entries.append([]) }
      entries[Int(message.channelID)].append(
        MessageIndex.Entry(logTimeNs: message.logTimeNs, offset: UInt64(records.count)))
    }
    startNs = min(startNs, message.logTimeNs)
    endNs = max(endNs, message.logTimeNs)
    messageCount += 1
    records.append(message)
  }

  /// The chunk record, and the size of the packed records in it.
  func chunk() throws(CompressionError) -> (record: [UInt8], packedBytes: Int) {
    let packed =
      switch compression {
      case .none: records
      case .lz4: try LZ4.compressFrame(records[...])
      case .zstd: try zstd?.compress(records[...]) ?? []
      }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(packed.count + 64)
    bytes.appendRecord(Opcode.chunk) { body in
      body.append(littleEndian: times.start)
      body.append(littleEndian: times.end)
      body.append(littleEndian: UInt64(records.count))
      body.append(littleEndian: CRC32Fast.update(0, records))
      body.append(text: compression.name)
      body.append(littleEndian: UInt64(packed.count))
      body.append(contentsOf: packed)
    }
    return (bytes, packed.count)
  }

  /// Least and greatest log time; zero without messages.
  var times: (start: UInt64, end: UInt64) { messageCount > 0 ? (startNs, endNs) : (0, 0) }

  /// The index of each channel with messages.
  var indexes: [MessageIndex] {
    entries.indices.lazy.filter { !entries[$0].isEmpty }.map {
      MessageIndex(channelID: UInt16($0), entries: entries[$0])
    }
  }

  /// Begins the next chunk.
  mutating func reset() {
    records.removeAll(keepingCapacity: true)
    for index in entries.indices { entries[index].removeAll(keepingCapacity: true) }
    startNs = .max
    endNs = .min
    messageCount = 0
  }
}
