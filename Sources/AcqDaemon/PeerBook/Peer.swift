public import AcqCore
public import AcqCrypto

/// A node that this one knows, with what this node's people decided about it.
public struct Peer: Hashable, Sendable {
  /// Who it is.
  public let card: Card
  /// Where it may be dialled; empty: it dials us.
  public var addresses: [Endpoint]
  /// It comes and goes, like a car: dialled for ever, twice a second (protocol §7).
  public var isIntermittent: Bool
  /// Whether its statements are accepted and its sessions allowed.
  public var isTrusted: Bool

  /// A peer.
  public init(
    card: Card, addresses: [Endpoint] = [], isIntermittent: Bool = false, isTrusted: Bool = true
  ) {
    self.card = card
    self.addresses = addresses
    self.isIntermittent = isIntermittent
    self.isTrusted = isTrusted
  }

  /// Hash of role and public keys.
  public var id: NodeID { card.id }
  /// The card's name.
  public var name: String { card.name }
}

/// The file of one peer in `peers.d`, named like its card: YAML with the keys card, addr, intermittent, trusted.
extension Peer {
  /// More addresses than a machine has interfaces are a mistake; each is dialled side by side.
  public static let addressCountMax = 16
  /// A peer's file is a few lines.
  static let fileBytesMax = 16 * 1024

  /// The file's text.
  var fileText: String {
    var lines = ["# Written by `acqd trust`; `acqd untrust \(name)` takes the trust back."]
    lines.append("card: \"\(card.line)\"")
    if !addresses.isEmpty {
      lines.append("addr: [" + addresses.map { "\"\($0)\"" }.joined(separator: ", ") + "]")
    }
    lines.append("intermittent: \(isIntermittent)")
    lines.append("trusted: \(isTrusted)")
    return lines.joined(separator: "\n") + "\n"
  }

  /// Reads a peer's file.
  init(parsing text: String, file: String) throws(ConfigurationError) {
    var reader = ConfigurationReader()
    do {
      let document = try YAMLParser.parse(text)
      let keys = ["card", "addr", "intermittent", "trusted"]
      let values = reader.section(document, keys: keys)
      let card = reader.value(values["card"], "card", Self.card)
      if values["card"] == nil { reader.refuse(TextPlace(line: 1, column: 1), "there is no `card`") }
      let addresses = reader.list(
        values["addr"], "addr", countMax: Self.addressCountMax
      ) { (text) throws(ConfigurationReader.Refusal) in
        try Self.address(text, of: card?.role)
      }
      let isIntermittent = reader.value(values["intermittent"], "intermittent", ConfigurationReader.bool)
      let isTrusted = reader.value(values["trusted"], "trusted", ConfigurationReader.bool)
      guard reader.problems.isEmpty, let card else {
        throw ConfigurationError(file: file, problems: reader.problems)
      }
      self.init(
        card: card, addresses: addresses ?? [], isIntermittent: isIntermittent ?? false,
        isTrusted: isTrusted ?? false)
    } catch let problem as ConfigurationProblem {
      throw ConfigurationError(file: file, problems: [problem])
    } catch let error as ConfigurationError {
      throw error
    } catch {
      preconditionFailure("nothing else is thrown")
    }
  }

  private static func card(_ text: String) throws(ConfigurationReader.Refusal) -> Card {
    do {
      return try Card(parsing: text)
    } catch {
      throw .init(error.reason)
    }
  }

  private static func address(
    _ text: String, of role: Role?
  ) throws(ConfigurationReader.Refusal) -> Endpoint {
    guard let endpoint = Endpoint(text, defaultPort: role?.replicationPort), !endpoint.isWildcard,
      endpoint.port != 0
    else { throw .init("`\(text)` is not an address; write `HOST:PORT` or `[IPV6]:PORT`") }
    return endpoint
  }
}
