import AcqCore

/// Why bytes of a peer were refused. None of these is ever cured by trying the same bytes again.
public struct WireError: Error, Equatable, CustomStringConvertible {
  /// What a program branches on.
  public enum Kind: Hashable, Sendable {
    /// Something ends before it should.
    case truncated
    /// A value breaks the format, or is not in its one canonical form.
    case malformed
    /// A count or length is over its limit.
    case limit
    /// A frame type that is unknown and not marked as ignorable.
    case unknownType
    /// A form of a frame that only an agreed feature allows.
    case featureNotAgreed
    /// The preamble is not of this protocol, or of another suite.
    case preamble
    /// A handshake message or record that no honest holder of the keys made.
    case notAuthentic
    /// A side's counter of records came to its end.
    case exhausted
  }
  /// What went wrong.
  public let kind: Kind
  /// One line for people.
  public let reason: String
  /// The type of the frame at fault, when it is one.
  public let frameType: UInt8?
  /// Byte offset in the message, record or frame body.
  public let offset: Int

  /// An error at `offset`.
  public init(_ kind: Kind, _ reason: String, frameType: UInt8? = nil, offset: Int = 0) {
    self.kind = kind
    self.reason = reason
    self.frameType = frameType
    self.offset = offset
  }

  /// What `ByteReader` and the decoders of AcqCore found in the body of a frame.
  init(_ error: CoreError, frameType: UInt8?) {
    switch error.kind {
    case .truncated: self.init(.truncated, error.reason, frameType: frameType, offset: error.offset)
    case .malformed: self.init(.malformed, error.reason, frameType: frameType, offset: error.offset)
    case .limit: self.init(.limit, error.reason, frameType: frameType, offset: error.offset)
    }
  }

  /// Trying again with the same bytes never helps; a new session may.
  public var isTransient: Bool { false }

  /// `wire: reason at byte N of frame 0xTT`.
  public var description: String {
    let place = frameType.map { " of frame 0x\(Hex.encode([$0]))" } ?? ""
    return "wire: \(reason) at byte \(offset)\(place)"
  }
}
