package import AcqCore

/// What a connection does and until when it must have done it. Pure: told the time and how far things are.
package struct ConnectionDeadlines {
  /// What the connection does. Can go to: the next one in turn, or straight back to `head` when a request has ended.
  package enum Phase: Hashable, Sendable {
    /// Waits for a request, or for the rest of its headers.
    case head
    /// Receives a request's body.
    case body
    /// A handler works; it may take as long as it likes and must look at `isClientGone`.
    case handling
    /// An answer is on its way; its progress changes with every byte that the client takes.
    case sending
  }

  /// How far an answer has come.
  package struct Progress: Hashable, Sendable {
    /// Pieces that were asked for.
    package var pieceCount: Int
    /// Bytes that wait in the kernel.
    package var unsentBytes: Int32

    /// Progress; see the properties.
    package init(pieceCount: Int, unsentBytes: Int32) {
      self.pieceCount = pieceCount
      self.unsentBytes = unsentBytes
    }
  }

  /// What it does now.
  package private(set) var phase = Phase.head
  private var since: Instant
  private var progress: Progress?

  /// A connection that was accepted at `now`.
  package init(at now: Instant) { since = now }

  /// Goes to `phase`.
  package mutating func enter(_ phase: Phase, at now: Instant) {
    self.phase = phase
    since = now
    progress = nil
  }

  /// Why the connection must end, or nil. `current` is looked at only while an answer is sent.
  package mutating func expire(at now: Instant, _ current: Progress, _ limits: HTTPLimits) -> String? {
    let passed = (now - since).inSeconds
    switch phase {
    case .head: return passed > limits.headSeconds ? "no whole request in time" : nil
    case .body: return passed > limits.bodySeconds ? "the request's body did not come in time" : nil
    case .handling: return nil
    case .sending:
      guard progress == current else {
        progress = current
        since = now
        return nil
      }
      return passed > limits.stallSeconds ? "the client stopped reading" : nil
    }
  }
}
