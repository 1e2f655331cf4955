public import AcqCore

/// A value in SQLite. Literals work: `["text", 1, nil]`.
public enum SQLValue: Hashable, Sendable {
  case null
  case integer(Int64)
  case real(Double)
  case text(String)
  case blob([UInt8])

  /// The 64 bits of an unsigned number; read back with `Row.unsigned`. Above 2^63 it sorts as a negative
  /// number.
  public static func unsigned(_ value: UInt64) -> SQLValue { .integer(Int64(bitPattern: value)) }
  /// The 32 bytes of a digest.
  public static func digest<Subject>(_ digest: Digest<Subject>) -> SQLValue { .blob(digest.bytes) }
  /// 1 or 0.
  public static func bool(_ value: Bool) -> SQLValue { .integer(value ? 1 : 0) }
  /// NULL for nil.
  public static func optional<Value>(_ value: Value?, _ wrap: (Value) -> SQLValue) -> SQLValue {
    value.map(wrap) ?? .null
  }
}

extension SQLValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByNilLiteral
{
  /// Text.
  public init(stringLiteral value: String) { self = .text(value) }
  /// An integer.
  public init(integerLiteral value: Int64) { self = .integer(value) }
  /// A floating-point number.
  public init(floatLiteral value: Double) { self = .real(value) }
  /// NULL.
  public init(nilLiteral: ()) { self = .null }
}
