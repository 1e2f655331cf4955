public import AcqCore
public import AcqHTTP

/// Everything that a daemon's configuration file decides, with the defaults of one without a file.
public struct Configuration: Hashable, Sendable {
  /// Pages and HTTP API.
  public struct HTTP: Hashable, Sendable {
    /// Where they are served, besides `<state>/acqd.sock`.
    public var listen: Endpoint
    /// Whether connections from the internet are let in; otherwise they are closed at accept.
    public var isPublic = false
    /// Proxies whose X-Forwarded-For is believed.
    public var trustedProxies: [AddressRange] = []
    /// Who may read without logging in.
    public var readers = AddressRange.privateRanges
  }

  /// How much the export cache may hold.
  public enum CacheMax: Hashable, Sendable {
    /// Bytes.
    case bytes(UInt64)
    /// Share of the disk, 0 to 100.
    case percent(Double)
  }

  /// Which catalog a cloud or base keeps.
  public enum Catalog: Hashable, Sendable {
    /// `<state>/catalog.db`.
    case sqlite
    /// A server, by its connection string; may hold a password.
    case mongodb(String)
  }

  /// When a recording may be freed (protocol §10).
  public struct Retention: Hashable, Sendable {
    /// Copies of higher rank that must be there; nil: nothing is ever freed.
    public var copies: Int?
    /// Names of nodes of which one must be among the copies; empty: any cloud.
    public var keepers: [String] = []
  }

  /// What the daemon does.
  public let role: Role
  /// The state directory, absolute.
  public var state: String
  /// The node's name; nil: the one that `acqd keygen` was given.
  public var name: String?
  /// Where peers may dial.
  public var listen: Endpoint
  /// Pages and HTTP API.
  public var http: HTTP
  /// Where the recorder writes, absolute; only on a car.
  public var recorderDirectory: String?
  /// Files of cards, absolute; read only, beside `<state>/peers.d`.
  public var team: [String] = []
  /// IANA name of the time zone of folders and lists; nil: the machine's.
  public var timeZone: String?
  /// Below this, pulls pause: SQLite, logs and other programs need room to go on.
  public var minFreeBytes: UInt64 = 2 << 30
  /// The export cache's cap.
  public var cacheMax = CacheMax.percent(10)
  /// Which catalog is kept.
  public var catalog = Catalog.sqlite
  /// When a recording may be freed.
  public var retention: Retention
  /// Lines below this are not logged.
  public var logLevel = LogLevel.notice

  /// What the program knows of its surroundings; nothing below `acqd` reads the environment.
  public struct Surroundings: Sendable {
    /// $STATE_DIRECTORY, set by systemd; the first, when there are several.
    public var stateDirectory: String?
    /// The user's home directory.
    public var home: String?
    /// Whether the program runs as root.
    public var isRoot: Bool
    /// The directory that relative paths of the file start from: the file's own.
    public var directory: String
    /// Whether the machine knows a time zone of that name.
    public var hasTimeZone: @Sendable (String) -> Bool

    /// Surroundings of a program.
    public init(
      stateDirectory: String?, home: String?, isRoot: Bool, directory: String = "/",
      hasTimeZone: @escaping @Sendable (String) -> Bool = { _ in true }
    ) {
      self.stateDirectory = stateDirectory
      self.home = home
      self.isRoot = isRoot
      self.directory = directory
      self.hasTimeZone = hasTimeZone
    }
  }

  /// What a daemon without a configuration file does.
  public init(role: Role, surroundings: Surroundings) {
    self.role = role
    state = Self.defaultState(role: role, surroundings: surroundings)
    listen = Endpoint(host: "*", port: role.replicationPort)
    http = HTTP(listen: Endpoint(host: "*", port: role.httpPort))
    recorderDirectory = role == .car ? state + "/incoming" : nil
    switch role {
    case .car: retention = Retention(copies: 2)
    case .base: retention = Retention(copies: 1)
    case .cloud: retention = Retention(copies: nil)
    }
  }

  /// $STATE_DIRECTORY, else /var/lib/acqd as root, else a directory of the user and role.
  public static func defaultState(role: Role, surroundings: Surroundings) -> String {
    if let directory = surroundings.stateDirectory?.split(separator: ":").first { return String(directory) }
    if surroundings.isRoot { return "/var/lib/acqd" }
    return (surroundings.home ?? "/tmp") + "/.local/state/acqd/" + role.name
  }
}
