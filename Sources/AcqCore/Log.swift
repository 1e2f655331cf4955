/// How much a line matters (style: error = a person must act; warning = degraded, will retry; notice = one
/// finished thing; debug = decisions; trace = every event).
public enum LogLevel: UInt8, Comparable, CaseIterable, Sendable {
  /// Every event and action.
  case trace = 0
  /// Decisions.
  case debug = 1
  /// One line for each finished thing.
  case notice = 2
  /// Degraded; will be tried again.
  case warning = 3
  /// A person must act.
  case error = 4

  /// The lower matters less.
  public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }

  /// Lower-case name.
  public var name: String {
    switch self {
    case .trace: "trace"
    case .debug: "debug"
    case .notice: "notice"
    case .warning: "warning"
    case .error: "error"
    }
  }
}

/// The keys that log lines may carry; one meaning each.
public enum LogKey: String, Sendable {
  case address, attempt, bytes, catalog, code, count, file, hint, limit, name, node, path, peer, port, reason
  case recording, role, seconds, state, topic, url, version, author, signal, blocks, wrong, client, job
}

/// Where log lines go. One value, passed down; the default writes nothing.
public struct Log: Sendable {
  /// What a line's values may be.
  public typealias Keys = [(LogKey, String)]
  private let minimum: LogLevel
  private let sink: @Sendable (LogLevel, String, Keys) -> Void

  /// Lines of at least `minimum` go to `sink`.
  public init(minimum: LogLevel, sink: @escaping @Sendable (LogLevel, String, Keys) -> Void) {
    self.minimum = minimum
    self.sink = sink
  }

  /// Writes nothing.
  public static let silent = Log(minimum: .error) { _, _, _ in }

  /// Writes one line: a constant message and its keys. Control characters in values are the sink's to escape.
  public func write(
    _ level: LogLevel, _ message: StaticString,
    _ keys: KeyValuePairs<LogKey, any CustomStringConvertible> = [:]
  ) {
    guard level >= minimum else { return }
    sink(level, "\(message)", keys.map { ($0.key, $0.value.description) })
  }

  /// A person must act.
  public func error(
    _ message: StaticString, _ keys: KeyValuePairs<LogKey, any CustomStringConvertible> = [:]
  ) { write(.error, message, keys) }
  /// Degraded; will be tried again.
  public func warning(
    _ message: StaticString, _ keys: KeyValuePairs<LogKey, any CustomStringConvertible> = [:]
  ) { write(.warning, message, keys) }
  /// One line for each finished thing.
  public func notice(
    _ message: StaticString, _ keys: KeyValuePairs<LogKey, any CustomStringConvertible> = [:]
  ) { write(.notice, message, keys) }
  /// Decisions.
  public func debug(
    _ message: StaticString, _ keys: KeyValuePairs<LogKey, any CustomStringConvertible> = [:]
  ) { write(.debug, message, keys) }
}
