/// The type of a signal's values.
public enum SignalType: Hashable, Sendable {
  case bool, int32, uint32, int64, uint64, float, double
  /// Text in UTF-8; malformed parts were repaired with U+FFFD.
  case string
  /// Raw bytes.
  case bytes
  /// A 32-bit number with a name in the table of this full name.
  case enumeration(String)

  /// Bytes of one stored value; of a string or bytes value, of its stored length.
  public var widthBytes: Int {
    switch self {
    case .bool: 1
    case .int32, .uint32, .float, .string, .bytes, .enumeration: 4
    case .int64, .uint64, .double: 8
    }
  }

  /// Whether values have lengths of their own.
  public var isVariable: Bool { self == .string || self == .bytes }
  /// Whether NaN can stand for a missing value.
  public var isFloating: Bool { self == .float || self == .double }

  /// Short name, as in a table of signals.
  public var name: String {
    switch self {
    case .bool: "bool"
    case .int32: "int32"
    case .uint32: "uint32"
    case .int64: "int64"
    case .uint64: "uint64"
    case .float: "float"
    case .double: "double"
    case .string: "string"
    case .bytes: "bytes"
    case .enumeration: "enum"
    }
  }
}

/// What one column of a topic holds.
public struct Signal: Hashable, Sendable {
  /// Names of the fields from the message down to the value; empty when the message itself is the value.
  public let path: [String]
  /// The type of its values; a number of a JSON topic may widen while more messages are read.
  public let type: SignalType
  /// Whether a message carries any number of values.
  public let isRepeated: Bool
  /// The unit that the schema names; empty when it names none.
  public let unit: String

  /// A signal.
  public init(path: [String], type: SignalType, isRepeated: Bool = false, unit: String = "") {
    self.path = path
    self.type = type
    self.isRepeated = isRepeated
    self.unit = unit
  }

  /// The path with dots between the names.
  public var dottedPath: String { path.joined(separator: ".") }
}

/// The names of an enumeration's numbers.
public struct EnumTable: Hashable, Sendable {
  /// One number and its name.
  public struct Entry: Hashable, Sendable {
    /// The number on the wire.
    public let number: Int32
    /// Its name.
    public let label: String
  }
  /// Full name of the enumeration.
  public let name: String
  /// In the order of the schema; two names may share a number.
  public let entries: [Entry]
}
