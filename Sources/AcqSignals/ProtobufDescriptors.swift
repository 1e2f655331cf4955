/// The types of a FileDescriptorSet, by full name with a leading dot. Files may stand in any order.
struct ProtobufDescriptors {
  struct Field {
    var name = ""
    var number: UInt32 = 0
    /// 1 optional, 2 required, 3 repeated (descriptor.proto, FieldDescriptorProto.Label).
    var label: UInt64 = 1
    /// FieldDescriptorProto.Type; 0 where a writer left names unresolved.
    var type: UInt64 = 0
    var typeName = ""
    var oneof: Int?
    var isProto3Optional = false
    /// FeatureSet.field_presence of an edition: 1 explicit, 2 implicit, 3 required.
    var presence: UInt64?
  }
  struct Message {
    var fields: [Field] = []
    var isMapEntry = false
    /// Whether single scalars that are absent differ from zero unless the field says otherwise.
    var hasPresence = false
  }

  private(set) var messages: [String: Message] = [:]
  private(set) var enums: [String: EnumTable] = [:]

  /// A type that a field names.
  enum Target {
    case message(String)
    case enumeration(EnumTable)
  }

  init(_ set: ArraySlice<UInt8>) throws(SignalError) {
    var reader = WireReader(set)
    while !reader.isAtEnd {
      let tag = try reader.readTag()
      if tag.number == 1, tag.wire == .length {
        try addFile(set[try reader.readRange()])
      } else {
        try reader.skip(tag.number, tag.wire)
      }
    }
  }

  /// Finds `name` as protoc does when it was left relative: in `scope`, then in the scopes around it.
  func resolve(_ name: String, in scope: String) -> Target? {
    var scope = name.hasPrefix(".") ? "" : scope
    while true {
      let full = name.hasPrefix(".") ? name : "\(scope).\(name)"
      if messages[full] != nil { return .message(full) }
      if let table = enums[full] { return .enumeration(table) }
      guard let dot = scope.lastIndex(of: ".") else { return nil }
      scope = String(scope[..<dot])
    }
  }

  // MARK: descriptor.proto

  private struct FileSettings {
    var package = ""
    var isProto3 = false
    var isEdition = false
    var presence: UInt64?
  }

  private mutating func addFile(_ bytes: ArraySlice<UInt8>) throws(SignalError) {
    var settings = FileSettings()
    var messages: [ArraySlice<UInt8>] = []
    var enums: [ArraySlice<UInt8>] = []
    try Self.forEachField(of: bytes) { (number, range, value) throws(SignalError) in
      switch number {
      case 2: settings.package = String(decoding: range, as: UTF8.self)
      case 4: messages.append(range)
      case 5: enums.append(range)
      case 8: settings.presence = try Self.presence(options: range, features: 50)
      case 12: settings.isProto3 = String(decoding: range, as: UTF8.self) == "proto3"
      case 14: settings.isEdition = value != 0
      default: break
      }
    }
    let scope = settings.package.isEmpty ? "" : "." + settings.package
    // Presence: proto2 and editions have it unless a feature says "implicit"; proto3 has not.
    let hasPresence = settings.isEdition ? settings.presence != 2 : !settings.isProto3
    for message in messages { try addMessage(message, scope: scope, hasPresence: hasPresence, depth: 0) }
    for table in enums { try addEnum(table, scope: scope) }
  }

  private mutating func addMessage(
    _ bytes: ArraySlice<UInt8>, scope: String, hasPresence: Bool, depth: Int
  ) throws(SignalError) {
    guard depth < SignalLimits.messageDepthMax else {
      throw SignalError(.schema, "its message types are nested too deep")
    }
    var name = ""
    var message = Message(hasPresence: hasPresence)
    var nested: [ArraySlice<UInt8>] = []
    var enums: [ArraySlice<UInt8>] = []
    try Self.forEachField(of: bytes) { (number, range, _) throws(SignalError) in
      switch number {
      case 1: name = String(decoding: range, as: UTF8.self)
      case 2: message.fields.append(try Self.field(range))
      case 3: nested.append(range)
      case 4: enums.append(range)
      case 7:
        try Self.forEachField(of: range) { (option, _, value) in
          if option == 7 { message.isMapEntry = value != 0 }
        }
      default: break
      }
    }
    let full = "\(scope).\(name)"
    if messages[full] == nil { messages[full] = message }
    for type in nested { try addMessage(type, scope: full, hasPresence: hasPresence, depth: depth + 1) }
    for table in enums { try addEnum(table, scope: full) }
  }

  private static func field(_ bytes: ArraySlice<UInt8>) throws(SignalError) -> Field {
    var field = Field()
    try forEachField(of: bytes) { (number, range, value) throws(SignalError) in
      switch number {
      case 1: field.name = String(decoding: range, as: UTF8.self)
      case 3: field.number = UInt32(truncatingIfNeeded: value)
      case 4: field.label = value
      case 5: field.type = value
      case 6: field.typeName = String(decoding: range, as: UTF8.self)
      case 8: field.presence = try presence(options: range, features: 21)
      case 9: field.oneof = Int(truncatingIfNeeded: value)
      case 17: field.isProto3Optional = value != 0
      default: break
      }
    }
    return field
  }

  private mutating func addEnum(_ bytes: ArraySlice<UInt8>, scope: String) throws(SignalError) {
    var name = ""
    var entries: [EnumTable.Entry] = []
    try Self.forEachField(of: bytes) { (number, range, _) throws(SignalError) in
      switch number {
      case 1: name = String(decoding: range, as: UTF8.self)
      case 2:
        var label = ""
        var constant: UInt64 = 0
        try Self.forEachField(of: range) { (number, range, value) in
          if number == 1 { label = String(decoding: range, as: UTF8.self) }
          if number == 2 { constant = value }
        }
        entries.append(EnumTable.Entry(number: Int32(truncatingIfNeeded: constant), label: label))
      default: break
      }
    }
    let full = "\(scope).\(name)"
    if enums[full] == nil { enums[full] = EnumTable(name: String(full.dropFirst()), entries: entries) }
  }

  /// FeatureSet.field_presence inside an options message; nil when it is not set.
  private static func presence(options: ArraySlice<UInt8>, features: UInt32) throws(SignalError) -> UInt64? {
    var presence: UInt64?
    try forEachField(of: options) { (number, range, _) throws(SignalError) in
      guard number == features else { return }
      try forEachField(of: range) { (number, _, value) in if number == 1 { presence = value } }
    }
    return presence
  }

  /// Gives the fields that descriptors use: those with a length as `range`, integers as `value`.
  private static func forEachField(
    of bytes: ArraySlice<UInt8>,
    _ body: (_ number: UInt32, _ range: ArraySlice<UInt8>, _ value: UInt64) throws(SignalError) -> Void
  ) throws(SignalError) {
    var reader = WireReader(bytes)
    while !reader.isAtEnd {
      let tag = try reader.readTag()
      switch tag.wire {
      case .length: try body(tag.number, bytes[try reader.readRange()], 0)
      case .varint: try body(tag.number, [], try reader.readVarint())
      default: try reader.skip(tag.number, tag.wire)
      }
    }
  }
}
