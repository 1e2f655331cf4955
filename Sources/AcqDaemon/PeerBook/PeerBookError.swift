/// Why the peers, cards or keys of a state directory cannot be used.
public struct PeerBookError: Error, Equatable, CustomStringConvertible {
  /// What a program branches on.
  public enum Kind: Hashable, Sendable {
    /// A file that cannot be read or written.
    case file
    /// A file whose contents make no sense.
    case malformed
    /// Two names for one key, or two keys for one name.
    case duplicate
    /// More accepted authors than the protocol allows.
    case tooMany
    /// No peer of that name, or no node.key.
    case unknown
    /// node.key can be read by others.
    case exposed
    /// node.key is there already.
    case exists
  }
  /// What went wrong.
  public let kind: Kind
  /// For people; one line a problem.
  public let reason: String
  /// What a person can do; nil when it is plain.
  public let hint: String?
  /// Whether the same may work later.
  public let isTransient: Bool

  init(_ kind: Kind, _ reason: String, hint: String? = nil, isTransient: Bool = false) {
    self.kind = kind
    self.reason = reason
    self.hint = hint
    self.isTransient = isTransient
  }

  /// The reason.
  public var description: String { reason }
}
