import AcqCore
import AcqReplication

/// Everything that a status report is made from; a value, so that every sentence can be tested.
struct StatusInput {
  /// What is known of the session with one peer.
  struct Link {
    /// Whether a session is live now.
    var isLive = false
    /// Whether it is, or ended, in sync.
    var isInSync = false
    /// Last byte heard; milliseconds since 1970.
    var lastContactMs: UInt64?
    /// Smoothed round trip in milliseconds.
    var roundTripMs: Double?
    /// Bytes a second coming in over the last seconds.
    var bytesPerSecond: Double = 0
  }

  /// A file of the recorder's directory that is no recording (yet).
  struct LocalFile {
    /// Path below the recorder's directory.
    var name: String
    /// Bytes.
    var sizeBytes: UInt64
    /// Why it is not sealed, for people.
    var reason: String
    /// Whether it will never be: refused, not merely waiting.
    var isRefused: Bool
  }

  /// What the statements say.
  var view: TeamView
  /// Peer → its link.
  var links: [NodeID: Link] = [:]
  /// Node → since when it misses something; milliseconds since 1970.
  var gapSinceMs: [NodeID: UInt64] = [:]
  /// Recording → verified bytes and the peer they come from.
  var progress: [ContentID: (verifiedBytes: UInt64, peer: NodeID?)] = [:]
  /// Files of the recorder's directory that are not sealed.
  var localFiles: [LocalFile] = []
  /// Why ingest does not go on; nil when it does.
  var catalogReason: String?
  /// Recording → why it could not be ingested.
  var ingestFailures: [ContentID: String] = [:]
  /// Whether the report is made without a daemon, from what it left.
  var isOffline = false
  /// Whether pulls pause because less than `min_free` is left.
  var isDiskFull = false
  /// What a person should know besides.
  var alarms: [String] = []
  /// Milliseconds since 1970.
  var nowMs: UInt64
  /// Shows a moment as local time of day.
  var clockText: @Sendable (UInt64) -> String = { "\($0)" }

  /// How long after a session that ended in sync its word counts (protocol §13).
  static let freshMs: UInt64 = 120_000

  /// Whether what is known is fresh enough to say "in sync".
  var isFresh: Bool {
    links.values.contains { link in
      link.isLive || (link.isInSync && link.lastContactMs.map { nowMs < $0 + Self.freshMs } ?? false)
    }
  }
}
