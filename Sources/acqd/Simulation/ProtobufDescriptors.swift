/// Types of fields, by their numbers in descriptor.proto.
enum ProtobufType {
  case double
  case float
  case uint64
  case bool
  case text
  case message(String)
  case uint32
  case enumeration(String)
  case sint32

  var number: UInt64 {
    switch self {
    case .double: 1
    case .float: 2
    case .uint64: 4
    case .bool: 8
    case .text: 9
    case .message: 11
    case .uint32: 13
    case .enumeration: 14
    case .sint32: 17
    }
  }

  /// Name of the message or enum.
  var typeName: String {
    switch self {
    case .message(let name), .enumeration(let name): name
    default: ""
    }
  }
}

/// A field of a message.
struct ProtobufField {
  let name: String
  let number: Int
  let type: ProtobufType
  var isRepeated = false
}

/// A file of message and enum types, to be encoded as descriptor.proto's FileDescriptorSet.
struct ProtobufFile {
  let name: String
  let package: String
  let enumerations: [(name: String, values: [String])]
  let messages: [(name: String, fields: [ProtobufField])]

  /// The FileDescriptorSet with this file alone.
  var descriptorSet: [UInt8] {
    var set = ProtobufWriter()
    set.message(1) { file in
      file.text(1, name)
      file.text(2, package)
      for message in messages {
        file.message(4) { descriptor in
          descriptor.text(1, message.name)
          for field in message.fields { descriptor.message(2) { write(field, to: &$0) } }
        }
      }
      for enumeration in enumerations {
        file.message(5) { descriptor in
          descriptor.text(1, enumeration.name)
          for (number, value) in enumeration.values.enumerated() {
            descriptor.message(2) { entry in
              entry.text(1, value)
              entry.unsigned(2, UInt64(number))
            }
          }
        }
      }
      file.text(12, "proto3")
    }
    return set.bytes
  }

  private func write(_ field: ProtobufField, to descriptor: inout ProtobufWriter) {
    descriptor.text(1, field.name)
    descriptor.unsigned(3, UInt64(field.number))
    // Labels: 1 optional, 3 repeated.
    descriptor.unsigned(4, field.isRepeated ? 3 : 1)
    descriptor.unsigned(5, field.type.number)
    let typeName = field.type.typeName
    if !typeName.isEmpty { descriptor.text(6, "." + package + "." + typeName) }
  }
}
