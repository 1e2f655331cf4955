package import AcqCore
package import AcqReplication

/// Everything that a status report is made from; a value, so that every sentence can be tested.
package struct StatusInput {
  /// What is known of the session with one peer.
  package struct Link {
    /// Whether a session is live now.
    package var isLive = false
    /// Whether it is, or ended, in sync.
    package var isInSync = false
    /// Last byte heard; milliseconds since 1970.
    package var lastContactMs: UInt64?
    /// Smoothed round trip in milliseconds.
    package var roundTripMs: Double?
    /// Bytes a second coming in over the last seconds.
    package var bytesPerSecond: Double = 0

    /// No link.
    package init() {}
  }

  /// A file of the recorder's directory that is no recording (yet).
  package struct LocalFile {
    /// Path below the recorder's directory.
    package var name: String
    /// Bytes.
    package var sizeBytes: UInt64
    /// Why it is not sealed, for people.
    package var reason: String
    /// Whether it will never be: refused, not merely waiting.
    package var isRefused: Bool

    /// A file; see the properties.
    package init(name: String, sizeBytes: UInt64, reason: String, isRefused: Bool) {
      self.name = name
      self.sizeBytes = sizeBytes
      self.reason = reason
      self.isRefused = isRefused
    }
  }

  /// What the statements say.
  package var view: TeamView
  /// Peer → its link.
  package var links: [NodeID: Link] = [:]
  /// Node → since when it misses something; milliseconds since 1970.
  package var gapSinceMs: [NodeID: UInt64] = [:]
  /// Recording → verified bytes and the peer they come from.
  package var progress: [ContentID: (verifiedBytes: UInt64, peer: NodeID?)] = [:]
  /// Files of the recorder's directory that are not sealed.
  package var localFiles: [LocalFile] = []
  /// Why ingest does not go on; nil when it does.
  package var catalogReason: String?
  /// Recording → why it could not be ingested.
  package var ingestFailures: [ContentID: String] = [:]
  /// Whether the report is made without a daemon, from what it left.
  package var isOffline = false
  /// Whether pulls pause because less than `min_free` is left.
  package var isDiskFull = false
  /// What a person should know besides.
  package var alarms: [String] = []
  /// Milliseconds since 1970.
  package var nowMs: UInt64
  /// Shows a moment as local time of day.
  package var clockText: @Sendable (UInt64) -> String = { "\($0)" }

  /// Nothing but what the statements say.
  package init(view: TeamView, nowMs: UInt64) {
    self.view = view
    self.nowMs = nowMs
  }

  /// A file of the recorder that is not sealed yet, and so nowhere else; an empty one holds nothing to lose.
  var unsealedFile: LocalFile? { localFiles.first { !$0.isRefused && $0.sizeBytes > 0 } }

  /// How long after a session that ended in sync its word counts (protocol §13).
  static let freshMs: UInt64 = 120_000

  /// Whether what is known is fresh enough to say "in sync".
  var isFresh: Bool {
    links.values.contains { link in
      link.isLive || (link.isInSync && link.lastContactMs.map { nowMs < $0 + Self.freshMs } ?? false)
    }
  }
}
