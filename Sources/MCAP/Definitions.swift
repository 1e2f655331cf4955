/// A channel as one recording defines it, and what was seen of it.
final class ChannelState {
  let channel: Channel
  fileprivate(set) var schema: Schema?
  let isWanted: Bool
  var messageCount: UInt64 = 0
  /// The record's body: most recordings repeat it, and equal bytes need no second parse.
  fileprivate let definition: [UInt8]

  fileprivate init(_ channel: Channel, _ schema: Schema?, isWanted: Bool, definition: [UInt8]) {
    self.channel = channel
    self.schema = schema
    self.isWanted = isWanted
    self.definition = definition
  }
}

/// The schemas and channels of one recording, found by their sparse ids.
struct Definitions {
  private var schemas: [UInt16: (schema: Schema, definition: [UInt8])] = [:]
  private var current: [ChannelState?] = []
  /// Every channel in order of appearance, also those whose id was given anew.
  private(set) var channels: [ChannelState] = []
  private var bytesKept = 0

  @inline(__always)
  func channel(_ id: UInt16) -> ChannelState? {
    Int(id) < current.count ? current[Int(id)] : nil
  }

  mutating func addSchema(_ body: ArraySlice<UInt8>, at offset: UInt64) throws(MCAPError) {
    var reader = FieldReader(body, recordOffset: offset)
    let id = try reader.integer(UInt16.self, "id")
    // Id 0 means "no schema"; a record that defines it is to be ignored.
    let known = schemas[id]
    if id == 0 || known.map({ $0.definition.elementsEqual(body) }) == true { return }
    reader = FieldReader(body, recordOffset: offset)
    let schema = try Schema(&reader)
    // Equal but for bytes after the last field.
    if let known, known.schema == schema { return }
    try keep(body.count, at: offset)
    schemas[id] = (schema, Array(body))
    for state in channels where state.channel.schemaID == id && state.schema == nil { state.schema = schema }
    if known != nil { throw MCAPError(.malformed, "schema \(id) is defined anew", offset: offset) }
  }

  /// Adds a channel, unless it is known. `isWanted` is asked once for each definition.
  mutating func addChannel(
    _ body: ArraySlice<UInt8>, at offset: UInt64, isWanted: (Channel) -> Bool
  ) throws(MCAPError) {
    var reader = FieldReader(body, recordOffset: offset)
    let id = try reader.integer(UInt16.self, "id")
    let known = channel(id)
    if let known, known.definition.elementsEqual(body) { return }
    reader = FieldReader(body, recordOffset: offset)
    let channel = try Channel(&reader)
    if let known, known.channel == channel { return }
    try keep(body.count, at: offset)
    let state = ChannelState(
      channel, schemas[channel.schemaID]?.schema, isWanted: isWanted(channel), definition: Array(body))
    channels.append(state)
    while current.count <= Int(id) { current.append(nil) }
    current[Int(id)] = state
    if known != nil { throw MCAPError(.malformed, "channel \(id) is defined anew", offset: offset) }
  }

  /// Counts what is kept, twice over for the parsed form.
  private mutating func keep(_ count: Int, at offset: UInt64) throws(MCAPError) {
    guard count <= MCAPLimits.definitionBytesMax - bytesKept else {
      throw MCAPError(
        .limit, "schemas and channels take more than \(MCAPLimits.definitionBytesMax) bytes", offset: offset)
    }
    bytesKept += count
  }
}
