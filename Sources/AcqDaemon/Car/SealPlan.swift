package import AcqCore
package import AcqSystem

/// Decides when a file of the recorder's directory may be sealed (protocol §6, "No writer"). Pure; file times are
/// compared with each other, never with the wall clock.
package struct SealPlan {
  /// What to do with a file now.
  package enum Decision: Hashable {
    /// Nobody writes it: seal it.
    case seal
    /// Look again at this moment, or when the directory changes.
    case wait(until: Instant?, reason: String)
  }

  /// Quiet time that stands for "nobody writes" where leases do not work.
  static let quietPeriod = Duration.seconds(30)
  /// How often a file that somebody writes is looked at, should its close be missed.
  static let lookPeriod = Duration.seconds(2)

  private struct Track {
    var identity: FileIdentity
    var unchangedSince: Instant
    var wasSeenWritten: Bool
  }

  private var tracks: [String: Track] = [:]

  /// Knows no file.
  package init() {}

  /// What is known of a file: its identity, who writes it, and whether it is empty.
  package mutating func decide(
    _ path: String, _ identity: FileIdentity, writers: Writers, at now: Instant
  ) -> Decision {
    var track = tracks[path] ?? Track(identity: identity, unchangedSince: now, wasSeenWritten: false)
    if !track.identity.isSameFile(as: identity) {
      track = Track(identity: identity, unchangedSince: now, wasSeenWritten: false)
    } else if track.identity.sizeBytes != identity.sizeBytes
      || track.identity.modifiedNs != identity.modifiedNs
    {
      track.identity = identity
      track.unchangedSince = now
      track.wasSeenWritten = true
    }
    if writers == .somebody { track.wasSeenWritten = true }
    tracks[path] = track
    switch writers {
    case .nobody:
      return identity.sizeBytes == 0 ? .wait(until: nil, reason: "an empty file: nothing to seal yet") : .seal
    case .somebody: return .wait(until: now + Self.lookPeriod, reason: "being written")
    case .unknown:
      let due = track.unchangedSince + Self.quietPeriod
      if identity.sizeBytes == 0 { return .wait(until: nil, reason: "an empty file: nothing to seal yet") }
      return due <= now
        ? .seal : .wait(until: due, reason: "cannot tell who writes it: waiting for 30 s of quiet")
    }
  }

  /// Whether this daemon saw the file being written: only then its times can be corrected (protocol §11).
  package func wasSeenWritten(_ path: String) -> Bool { tracks[path]?.wasSeenWritten == true }

  /// The file is gone or done.
  package mutating func forget(_ path: String) { tracks[path] = nil }
}
