public import AcqCore

/// Keeps strangers cheap: how many half-open connections and handshakes are let in (protocol §2).
public struct Admission: Sendable {
  /// What happens to a new connection.
  public enum Verdict: Hashable, Sendable {
    /// It may begin a handshake.
    case admit
    /// It is closed at once.
    case refuse
    /// It may begin; the half-open connection with this number is closed to make room.
    case admitClosing(UInt64)
  }

  /// Handshakes a second of one address that is no configured peer's.
  static let perAddressMax = 20
  /// Handshakes a second of all such addresses.
  static let totalMax = 500
  /// Handshakes a second of all configured addresses: overlapping dials of 512 peers.
  static let configuredMax = 2_000

  private struct HalfOpen {
    let address: String
    let isConfigured: Bool
  }

  private var halfOpen: [UInt64: HalfOpen] = [:]
  private var secondStart: Instant
  private var counts: [String: Int] = [:]
  private var strangerCount = 0
  private var configuredCount = 0

  /// Nobody is connected.
  public init(at now: Instant) { secondStart = now }

  /// Half-open connections now.
  public var halfOpenCount: Int { halfOpen.count }

  /// A connection numbered `connection` (ascending) came from `address`.
  public mutating func arrived(
    _ connection: UInt64, from address: String, isConfigured: Bool, at now: Instant
  ) -> Verdict {
    if now - secondStart >= .seconds(1) {
      secondStart = now
      counts.removeAll(keepingCapacity: true)
      strangerCount = 0
      configuredCount = 0
    }
    if isConfigured {
      guard configuredCount < Self.configuredMax else { return .refuse }
      configuredCount += 1
    } else {
      guard strangerCount < Self.totalMax, counts[address, default: 0] < Self.perAddressMax else {
        return .refuse
      }
      strangerCount += 1
      counts[address, default: 0] += 1
    }
    var victim: UInt64?
    if halfOpen.count >= Limits.halfOpenMax {
      victim =
        halfOpen.filter { !$0.value.isConfigured }.keys.min() ?? (isConfigured ? halfOpen.keys.min() : nil)
      guard let victim else { return .refuse }
      halfOpen[victim] = nil
    }
    halfOpen[connection] = HalfOpen(address: address, isConfigured: isConfigured)
    return victim.map(Verdict.admitClosing) ?? .admit
  }

  /// The connection is confirmed or gone.
  public mutating func settled(_ connection: UInt64) { halfOpen[connection] = nil }
}
