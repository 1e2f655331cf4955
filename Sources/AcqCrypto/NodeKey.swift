public import AcqCore

/// A node's own keys and role: who it is. Secrets stay in locked memory; copies share them.
public struct NodeKey: Sendable {
  /// What the node does; part of its identity.
  public let role: Role
  /// X25519, for sessions.
  public let noisePublic: [UInt8]
  /// Ed25519, for statements.
  public let signPublic: [UInt8]
  /// Hash of role and public keys.
  public let id: NodeID

  package let noiseSecret: SecretBytes
  private let signSecret: SecretBytes

  /// A new identity.
  public static func generate(role: Role) -> NodeKey {
    NodeKey(
      role: role, noiseSecret: Entropy.bytes(X25519.keyBytes), signSeed: Entropy.bytes(Ed25519.seedBytes))
  }

  /// The identity that two secrets of 32 bytes make; for tests and key files.
  package init(role: Role, noiseSecret: [UInt8], signSeed: [UInt8]) {
    precondition(noiseSecret.count == X25519.keyBytes, "an X25519 secret is 32 bytes")
    self.role = role
    self.noiseSecret = SecretBytes(noiseSecret, isLocked: true)
    noisePublic = X25519.publicKey(of: self.noiseSecret)
    var publicKey: [UInt8] = []
    signSecret = SecretBytes(count: Ed25519.secretKeyBytes, isLocked: true) { secret in
      publicKey = signSeed.withUnsafeBytes { Ed25519.makeKey(seed: $0, secretKey: secret) }
    }
    signPublic = publicKey
    id = Card.id(role: role, noisePublic: noisePublic, signPublic: signPublic)
  }

  /// The Ed25519 signature of `message`, 64 bytes.
  public func sign(_ message: [UInt8]) -> [UInt8] {
    signSecret.withBytes { Ed25519.sign(message, with: $0) }
  }

  /// What others need to know of this node; nil when `name` is not one that a card may carry.
  public func card(name: String) -> Card? {
    Card(name: name, role: role, noisePublic: noisePublic, signPublic: signPublic)
  }
}

// MARK: - The secret line of node.key

extension NodeKey {
  private static let secretWord = "acqd1-secret"

  /// The line that node.key holds: `acqd1-secret <role> <base64url (role, secrets, checksum)>`.
  public var secretLine: String {
    var bytes = [role.rawValue]
    noiseSecret.withBytes { bytes.append(contentsOf: $0) }
    signSecret.withBytes { bytes.append(contentsOf: $0.prefix(Ed25519.seedBytes)) }
    return "\(Self.secretWord) \(role.name) \(KeyText.encode(bytes))"
  }

  /// Reads what `secretLine` wrote; white space at its ends does not matter.
  public init(parsingSecret line: String) throws(CryptoError) {
    let words = KeyText.words(line)
    guard words.count == 3, words[0] == Self.secretWord else {
      throw CryptoError(.malformed, "not a line `\(Self.secretWord) ROLE KEY`")
    }
    let payload = try KeyText.decode(words[2], role: words[1])
    let secrets = payload.keys
    self.init(
      role: payload.role, noiseSecret: Array(secrets[..<X25519.keyBytes]),
      signSeed: Array(secrets[X25519.keyBytes...]))
  }
}
