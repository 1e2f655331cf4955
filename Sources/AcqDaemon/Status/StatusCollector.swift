import AcqCore
import AcqCrypto
import AcqReplication
import AcqSystem
import Synchronization

/// Gathers what a status report is made from.
final class StatusCollector: Sendable {
  /// What only some roles have.
  struct Sources: Sendable {
    var localFiles: @Sendable () -> [StatusInput.LocalFile] = { [] }
    var catalogReason: @Sendable () -> String? = { nil }
    var ingestFailures: @Sendable () -> [ContentID: String] = { [:] }
    var isDiskFull: @Sendable () -> Bool = { false }
    var alarms: @Sendable () -> [String] = { [] }
  }

  private let engine: Engine
  private let sources: Sources
  private let gapSince = Mutex<[NodeID: UInt64]>([:])

  init(engine: Engine, sources: Sources) {
    self.engine = engine
    self.sources = sources
  }

  /// The report of now.
  func report() -> StatusReport {
    let nowMs = Clock.wallMs()
    var input = engine.read { replica in
      var input = StatusInput(view: replica.view, nowMs: nowMs)
      input.progress = replica.transfers.progress()
      for session in replica.sessions.values where session.greeting != nil {
        var link = StatusInput.Link()
        link.isLive = true
        link.isInSync = session.isInSync
        link.lastContactMs = nowMs
        link.roundTripMs = session.liveness.roundTrip.map { $0.inSeconds * 1000 }
        input.links[session.peer] = link
      }
      return input
    }
    for (peer, contact) in engine.contacts where input.links[peer] == nil {
      var link = StatusInput.Link()
      link.isInSync = contact.wasInSync
      link.lastContactMs = contact.lastMs
      input.links[peer] = link
    }
    for connection in engine.connections {
      input.links[connection.card.id]?.bytesPerSecond += connection.bytesPerSecond
    }
    input.localFiles = sources.localFiles()
    input.catalogReason = sources.catalogReason()
    input.ingestFailures = sources.ingestFailures()
    input.isDiskFull = sources.isDiskFull()
    input.alarms = sources.alarms()
    input.clockText = LocalClock.text
    input.gapSinceMs = noteGaps(input.view, nowMs)
    return StatusMaker(input).report()
  }

  private func noteGaps(_ view: TeamView, _ nowMs: UInt64) -> [NodeID: UInt64] {
    gapSince.withLock { since in
      for member in view.members.values {
        if view.gaps(of: member.id).isEmpty {
          since[member.id] = nil
        } else if since[member.id] == nil {
          since[member.id] = nowMs
        }
      }
      return since
    }
  }
}

/// Local time of day, for sentences.
enum LocalClock {
  /// `21:58:03`.
  @Sendable static func text(_ ms: UInt64) -> String {
    let shift = Clock.localOffsetSeconds(atUnixSeconds: Int64(ms / 1000))
    let local = Int64(ms / 1000) + Int64(shift)
    return UTCTime(nanoseconds: UInt64(max(0, local)) * 1_000_000_000).clockText
  }

  /// `2026-11-23 21:58:03`, from nanoseconds.
  @Sendable static func dayText(_ nanoseconds: UInt64) -> String {
    let seconds = Int64(nanoseconds / 1_000_000_000)
    let local = seconds + Int64(Clock.localOffsetSeconds(atUnixSeconds: seconds))
    let time = UTCTime(nanoseconds: UInt64(max(0, local)) * 1_000_000_000)
    return "\(time.dateText) \(time.clockText)"
  }
}
