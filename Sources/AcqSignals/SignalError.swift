/// Why a schema or a message could not be turned into signals.
public struct SignalError: Error, Equatable, CustomStringConvertible {
  /// What a program branches on.
  public enum Kind: Hashable, Sendable {
    /// No decoder reads this encoding yet.
    case unsupported
    /// The schema is malformed or lacks a type it names.
    case schema
    /// The message does not follow its encoding.
    case malformed
    /// A count or length is over its limit.
    case limit
    /// The scratch space failed.
    case scratch
  }
  /// What went wrong.
  public let kind: Kind
  /// One line for people.
  public let reason: String

  /// An error.
  public init(_ kind: Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }

  /// The reason as it is.
  public var description: String { reason }
}
