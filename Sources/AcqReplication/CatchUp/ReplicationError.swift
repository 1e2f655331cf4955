/// Why replication with a peer cannot go on.
public struct ReplicationError: Error, Hashable, CustomStringConvertible {
  /// What programs branch on.
  public enum Kind: Hashable, Sendable {
    /// A message that this side does not expect now.
    case unexpected
    /// A tree node that contradicts itself, the request, or what the peer said before.
    case treeRefused
    /// Authors out of order.
    case rootsRefused
    /// A request was not answered in time.
    case silent
  }

  /// What programs branch on.
  public let kind: Kind
  /// The rest of the sentence, for people.
  public let text: String

  /// An error; see the properties.
  public init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }

  /// Whether it is nobody's fault: close without a strike and dial again.
  public var isTransient: Bool { kind == .silent }

  /// One line.
  public var description: String { "replication: \(text)" }
}
