public import AcqCore

/// Why the catalog could not do what was asked.
public struct CatalogError: Error, Equatable, CustomStringConvertible {
  /// What a program branches on.
  public enum Kind: Hashable, Sendable {
    /// The database is away, stopped, full or too slow: try again later.
    case unavailable
    /// The database refuses our user or password, or what this user may do: a person must act.
    case denied
    /// The query asks for something that is not offered (400), such as a cursor of another sort.
    case invalidQuery
    /// The configured catalog cannot be used as it is written.
    case configuration
    /// The catalog's file was broken and has been made anew, empty: put everything in again.
    case lost
    /// A stored entry is not one of ours.
    case malformed
    /// The database refuses what we sent: our mistake.
    case rejected
  }

  /// What went wrong.
  public let kind: Kind
  /// One line for people, with the database's own words.
  public let reason: String
  /// The recording concerned.
  public let id: ContentID?

  /// An error.
  public init(_ kind: Kind, _ reason: String, id: ContentID? = nil) {
    self.kind = kind
    self.reason = reason
    self.id = id
  }

  /// Whether the same call can succeed later without anybody acting.
  public var isTransient: Bool { kind == .unavailable || kind == .lost }

  /// `catalog: reason`.
  public var description: String {
    let subject = id.map { ", recording \($0.short)" } ?? ""
    return switch kind {
    case .unavailable: "catalog: unavailable: \(reason)\(subject)"
    case .denied: "catalog: access denied: \(reason)\(subject)"
    case .invalidQuery, .configuration, .lost, .malformed, .rejected: "catalog: \(reason)\(subject)"
    }
  }
}
