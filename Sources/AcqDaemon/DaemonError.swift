/// Why the daemon could not do something; one line for people, and what to do about it.
public struct DaemonError: Error, CustomStringConvertible {
  /// What went wrong, where, and what to do.
  public let description: String

  /// An error that says `description`.
  public init(_ description: String) { self.description = description }
}
