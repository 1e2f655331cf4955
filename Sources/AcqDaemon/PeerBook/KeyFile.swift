public import AcqCore
public import AcqCrypto
import AcqSystem

/// The node's own identity on disk: `node.key` with the secrets, and `node.card` with what others may see.
public enum KeyFile {
  private static let fileBytesMax = 4096
  /// Nobody but the owner may read secrets.
  private static let permissions: UInt32 = 0o600

  /// Where the secrets are.
  public static func path(state: String) -> String { state + "/node.key" }
  /// Where the card is; it remembers the name that the node was given.
  public static func cardPath(state: String) -> String { state + "/node.card" }

  /// Makes a new identity; refuses to replace one, for its recordings would have no origin any more.
  public static func create(role: Role, name: String, state: String) throws(PeerBookError) -> Card {
    let key = NodeKey.generate(role: role)
    guard let card = key.card(name: name), !name.hasSuffix(PeerBook.temporarySuffix) else {
      throw PeerBookError(
        .malformed,
        "`\(name)` is not a name: 1 to \(Card.nameCharactersMax) of A-Z a-z 0-9 . _ -, no dot in front")
    }
    let path = path(state: state)
    do throws(Errno) {
      try Files.makeDirectories(state, permissions: 0o750)
      let descriptor = try FileDescriptor(opening: path, .create, permissions: permissions)
      // The process's mask can only take bits away; what counts is that no others are there.
      try descriptor.setPermissions(permissions)
      try descriptor.write(Array((key.secretLine + "\n").utf8)[...], at: 0)
      try descriptor.sync()
      try Files.syncDirectory(state)
    } catch {
      if error.isAlreadyThere {
        throw PeerBookError(
          .exists, "\(path) is there already; this node has an identity", hint: "acqd id shows its card")
      }
      throw PeerBookError(.file, error.description, isTransient: error.isTransient)
    }
    try PeerBook.reading { () throws(Errno) in
      try Files.writeAtomically(Array((card.line + "\n").utf8), to: cardPath(state: state))
    }
    return card
  }

  /// Reads the identity. Refused when others can read the file: then it may be somebody else's as well.
  public static func load(state: String) throws(PeerBookError) -> NodeKey {
    let path = path(state: state)
    let (bytes, identity) = try read(path)
    guard identity.kind == .file, identity.permissions & 0o077 == 0 else {
      throw PeerBookError(
        .exposed, "\(path) can be read by others (mode \(String(identity.permissions & 0o777, radix: 8)))",
        hint: "chmod 600 \(path); if somebody may have read it, make a new identity")
    }
    do {
      return try NodeKey(parsingSecret: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw PeerBookError(.malformed, "\(path): \(error.reason)")
    }
  }

  /// Contents and permissions of one open file, whatever happens to the name meanwhile.
  private static func read(_ path: String) throws(PeerBookError) -> ([UInt8], FileIdentity) {
    do throws(Errno) {
      let descriptor = try FileDescriptor(opening: path, .read)
      return (try descriptor.read(at: 0, count: fileBytesMax), try descriptor.identity())
    } catch {
      guard error.isNotFound else {
        throw PeerBookError(.file, error.description, isTransient: error.isTransient)
      }
      throw PeerBookError(
        .unknown, "there is no \(path): this node has no identity yet",
        hint: "acqd keygen --role ROLE --name NAME")
    }
  }

  /// The node's card: with `name`, else with the name that it was given, else with one made from its role and id.
  public static func card(of key: NodeKey, name: String?, state: String) -> Card {
    let written = try? Files.readAll(cardPath(state: state), limit: fileBytesMax)
    let given = written.flatMap { try? Card(parsing: String(decoding: $0, as: UTF8.self)) }
    let names = [name, given?.id == key.id ? given?.name : nil, "\(key.role.name)-\(key.id.short)"]
    guard let card = names.lazy.compactMap({ $0 }).compactMap(key.card(name:)).first else {
      preconditionFailure("a role and eight digits are a name")
    }
    return card
  }
}
