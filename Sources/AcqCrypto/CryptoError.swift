/// Why a key, card, signature or ciphertext was refused.
public struct CryptoError: Error, Equatable, CustomStringConvertible {
  /// What a program branches on.
  public enum Kind: Hashable, Sendable {
    /// Text that is no card or secret line.
    case malformed
    /// The checksum does not match: a character was lost or changed.
    case checksum
    /// A name outside `[A-Za-z0-9._-]{1,64}`, or one that begins with a dot.
    case badName
    /// A public key that no honest node has; a shared secret made with it would be zero.
    case weakKey
    /// A ciphertext or tag that this key did not make.
    case notAuthentic
  }
  /// What went wrong.
  public let kind: Kind
  /// One line for people; never holds secrets.
  public let reason: String

  init(_ kind: Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }

  /// Trying again with the same input never helps.
  public var isTransient: Bool { false }

  /// `crypto: reason`.
  public var description: String { "crypto: \(reason)" }
}
