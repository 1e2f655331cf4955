/// Turns the messages of one encoding and schema into rows of a table.
public protocol MessageDecoder {
  /// Adds one row. A message that breaks its encoding throws and adds nothing; the next one may be read.
  mutating func decode(_ message: ArraySlice<UInt8>, timeNs: UInt64, into table: inout SignalTable)
    throws(SignalError)
}

/// How a channel's messages and its schema are written, in the words of MCAP's registry.
public struct MessageEncoding: Hashable, Sendable {
  /// Encoding of messages, e.g. `protobuf`.
  public let message: String
  /// Encoding of the schema; empty without one.
  public let schema: String
  /// Name of the schema, e.g. a message's full name.
  public let schemaName: String

  /// An encoding.
  public init(message: String, schema: String, schemaName: String) {
    self.message = message
    self.schema = schema
    self.schemaName = schemaName
  }

  /// The decoder for it; signals that the schema names become columns of `table`. Throws `.unsupported` when
  /// there is none, with a reason for people.
  public func makeDecoder(schemaData: ArraySlice<UInt8>, table: inout SignalTable) throws(SignalError)
    -> any MessageDecoder
  {
    switch (message, schema) {
    case ("protobuf", "protobuf"):
      return try ProtobufDecoder(message: schemaName, descriptors: schemaData, table: &table)
    case ("json", "jsonschema"): return JSONDecoder(schema: schemaData)
    case ("json", ""): return JSONDecoder(schema: [])
    case ("", _): throw SignalError(.unsupported, "its channel names no message encoding")
    case ("json", _), ("protobuf", _):
      let kind = schema.isEmpty ? "no schema" : "a schema in \(schema)"
      throw SignalError(.unsupported, "\(message) with \(kind) cannot be decoded yet")
    default: throw SignalError(.unsupported, "encoding \(message) cannot be decoded yet")
    }
  }
}
