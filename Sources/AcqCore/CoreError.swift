/// Why bytes or text from outside could not be read.
public struct CoreError: Error, Equatable, CustomStringConvertible {
  /// What a program branches on.
  public enum Kind: Hashable, Sendable {
    /// A read went past the end.
    case truncated
    /// A value breaks the format.
    case malformed
    /// A count or length is over its limit.
    case limit
  }
  /// What went wrong.
  public let kind: Kind
  /// One line for people.
  public let reason: String
  /// Byte offset in the input.
  public let offset: Int

  /// An error at `offset`.
  public init(_ kind: Kind, _ reason: String, offset: Int) {
    self.kind = kind
    self.reason = reason
    self.offset = offset
  }

  /// `reason at byte offset`.
  public var description: String { "\(reason) at byte \(offset)" }
}
