/// Why a recording, or a part of it, could not be read or written.
public struct MCAPError: Error, Hashable, CustomStringConvertible {
  /// What a program branches on.
  public enum Kind: Hashable, Sendable {
    /// The bytes do not begin with MCAP's magic.
    case notMCAP
    /// The first eight bytes are zero: lost in a power cut.
    case headLost
    /// A record breaks the format.
    case malformed
    /// A record or chunk is larger than we read, or there is more to keep than we keep.
    case limit
    /// A chunk does not decompress to what it claims or fails its checksum.
    case damaged
    /// A compression that we do not know.
    case unsupported
    /// The caller asked to stop.
    case cancelled
  }
  /// What went wrong.
  public let kind: Kind
  /// One line for people.
  public let reason: String
  /// Byte offset in the recording of the record concerned.
  public let offset: UInt64

  /// An error about the record at `offset`.
  public init(_ kind: Kind, _ reason: String, offset: UInt64) {
    self.kind = kind
    self.reason = reason
    self.offset = offset
  }

  /// `reason at byte offset`.
  public var description: String { "\(reason) at byte \(offset)" }
}
