/// Why serving or asking failed.
public struct HTTPError: Error, CustomStringConvertible {
  /// What a program branches on.
  public enum Kind: Hashable, Sendable {
    /// An address or a socket cannot be served.
    case cannotListen
    /// Nobody answers there.
    case unreachable
    /// The answer did not come whole in time.
    case timedOut
    /// The answer is larger than the caller takes.
    case tooLarge
    /// The caller did not want it any more.
    case cancelled
    /// What the caller does with the answer failed.
    case notTaken
    /// Anything else that libcurl met: above all an answer that ends too early.
    case failed
  }
  /// What went wrong.
  public let kind: Kind
  /// One line for people.
  public let reason: String

  init(_ kind: Kind, _ reason: String) {
    self.kind = kind
    self.reason = reason
  }

  /// Whether trying again later, unchanged, can help.
  public var isTransient: Bool {
    switch kind {
    case .unreachable, .timedOut, .failed: true
    case .cannotListen, .tooLarge, .cancelled, .notTaken: false
    }
  }

  /// `http: reason`.
  public var description: String { "http: \(reason)" }
}
