/// What a node does for the team. Part of its identity (protocol §1).
public enum Role: UInt8, CaseIterable, Sendable {
  /// Makes recordings.
  case car = 0
  /// Base station: pulls from cars, relays to the cloud.
  case base = 1
  /// Keeps everything, indexes it, answers queries.
  case cloud = 2

  /// `car`, `base` or `cloud`.
  public var name: String {
    switch self {
    case .car: "car"
    case .base: "base"
    case .cloud: "cloud"
    }
  }

  /// Nil unless `name` is one of the three.
  public init?(name: some StringProtocol) {
    guard let role = Role.allCases.first(where: { $0.name == name }) else { return nil }
    self = role
  }

  /// Only copies of higher rank count when deleting (protocol §10).
  public var rank: UInt8 { rawValue }
}
