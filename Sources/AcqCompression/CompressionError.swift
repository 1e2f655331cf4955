/// Why bytes could not be compressed or decompressed.
public struct CompressionError: Error, Equatable, CustomStringConvertible {
  /// What a program branches on.
  public enum Kind: Hashable, Sendable {
    /// The bytes break their format or fail their own checksum.
    case corrupt
    /// The input ends before its frame does.
    case truncated
    /// The output is not as large as was claimed.
    case sizeMismatch
    /// The library found no memory for its working state.
    case memory
  }
  /// What went wrong.
  public let kind: Kind
  /// The format, e.g. `zstd`.
  public let format: String
  /// One line for people.
  public let reason: String

  init(_ kind: Kind, _ format: String, _ reason: String) {
    self.kind = kind
    self.format = format
    self.reason = reason
  }

  /// `format: reason`.
  public var description: String { "\(format): \(reason)" }
}
