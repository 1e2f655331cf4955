public import AcqCore

/// What a node shows the others: name, role and public keys, on one line.
public struct Card: Hashable, Sendable {
  /// For people and file names; no part of the identity.
  public let name: String
  /// Part of the identity.
  public let role: Role
  /// X25519, 32 bytes.
  public let noisePublic: [UInt8]
  /// Ed25519, 32 bytes.
  public let signPublic: [UInt8]
  /// Hash of role and public keys.
  public let id: NodeID

  /// Longest name, in characters.
  public static let nameCharactersMax = 64
  private static let word = "acqd1"

  /// Nil when the name is not allowed or a key is not 32 bytes.
  public init?(name: String, role: Role, noisePublic: [UInt8], signPublic: [UInt8]) {
    guard Self.isName(name), noisePublic.count == X25519.keyBytes, signPublic.count == Ed25519.publicKeyBytes
    else { return nil }
    self.name = name
    self.role = role
    self.noisePublic = noisePublic
    self.signPublic = signPublic
    id = Self.id(role: role, noisePublic: noisePublic, signPublic: signPublic)
  }

  /// Reads what `line` wrote; white space at its ends does not matter.
  public init(parsing line: String) throws(CryptoError) {
    let words = KeyText.words(line)
    guard words.count == 4, words[0] == Self.word else {
      throw CryptoError(.malformed, "not a line `\(Self.word) NAME ROLE KEYS`")
    }
    guard Self.isName(words[1]) else {
      throw CryptoError(.badName, "a name is 1 to 64 of A-Z a-z 0-9 . _ - and does not begin with a dot")
    }
    let payload = try KeyText.decode(words[3], role: words[2])
    let keys = payload.keys
    guard
      let card = Card(
        name: String(words[1]), role: payload.role, noisePublic: Array(keys[..<X25519.keyBytes]),
        signPublic: Array(keys[X25519.keyBytes...]))
    else { throw CryptoError(.malformed, "not a card") }
    self = card
  }

  /// `acqd1 <name> <role> <base64url (role, public keys, checksum)>`.
  public var line: String {
    "\(Self.word) \(name) \(role.name) \(KeyText.encode([role.rawValue] + noisePublic + signPublic))"
  }

  /// Whether `text` may name a node: 1 to 64 of `A-Z a-z 0-9 . _ -`, not beginning with a dot, because names become
  /// names of files.
  public static func isName(_ text: some StringProtocol) -> Bool {
    let characters = Array(text.utf8)
    guard (1...nameCharactersMax).contains(characters.count), characters[0] != UInt8(ascii: ".") else {
      return false
    }
    return characters.allSatisfy { character in
      switch character {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
  }

  /// The identity of a role with two public keys (protocol §1).
  static func id(role: Role, noisePublic: [UInt8], signPublic: [UInt8]) -> NodeID {
    SHA256.hash(Domain.node, [role.rawValue], noisePublic, signPublic, as: NodeID.self)
  }
}

/// The text that cards and secret lines share: base64url of role, two keys of 32 bytes and a checksum.
enum KeyText {
  private static let keysBytes = 64
  private static let checksumBytes = 4

  static func words(_ line: String) -> [Substring] {
    line.split { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" || $0 == "\r\n" }
  }

  static func encode(_ bytes: [UInt8]) -> String {
    var writer = ByteWriter(capacity: bytes.count + checksumBytes)
    writer.write(bytes)
    writer.writeBigEndian(CRC32.checksum(bytes))
    return Base64URL.encode(writer.bytes)
  }

  static func decode(
    _ text: Substring, role roleName: Substring
  ) throws(CryptoError) -> (role: Role, keys: [UInt8]) {
    guard let bytes = Base64URL.decode(text), bytes.count == 1 + keysBytes + checksumBytes else {
      throw CryptoError(.malformed, "the key is not \(1 + keysBytes + checksumBytes) bytes of base64url")
    }
    let covered = Array(bytes[..<(1 + keysBytes)])
    let checksum = bytes[(1 + keysBytes)...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    guard checksum == CRC32.checksum(covered) else {
      throw CryptoError(.checksum, "the checksum does not match: a character was lost or changed")
    }
    guard let role = Role(rawValue: covered[0]), role.name == roleName else {
      throw CryptoError(.malformed, "the role in words is not the role in the key")
    }
    return (role, Array(covered[1...]))
  }
}
