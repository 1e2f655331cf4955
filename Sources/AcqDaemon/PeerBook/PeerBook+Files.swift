public import AcqCore
public import AcqCrypto
import AcqSystem

extension PeerBook {
  /// Cards of a whole team and of strangers that somebody collected; a card is about 150 bytes.
  private static let teamFileBytesMax = 1 << 20
  /// What atomic writing leaves behind after a crash; never a peer.
  static let temporarySuffix = ".new"

  /// The directory of peers' files.
  public static func directory(state: String) -> String { state + "/peers.d" }

  /// Reads `<state>/peers.d` and the team's files. A node in both is what its own file says.
  public static func load(
    state: String, team: [String], own: NodeID? = nil
  ) throws(PeerBookError) -> PeerBook {
    let files = try ownFiles(state: state)
    let known = Set(files.map(\.peer.id))
    var entries = files
    var seen: Set<NodeID> = known
    for path in team {
      for card in try cards(path) where seen.insert(card.id).inserted {
        entries.append((Peer(card: card), path))
      }
    }
    return try PeerBook(entries, own: own)
  }

  /// Peers of `peers.d`, all problems of all files at once.
  private static func ownFiles(state: String) throws(PeerBookError) -> [(peer: Peer, source: String)] {
    let directory = directory(state: state)
    guard Files.exists(directory) else { return [] }
    var entries: [(peer: Peer, source: String)] = []
    var problems: [String] = []
    for name in try reading({ () throws(Errno) in try Files.list(directory) }) {
      if name.hasPrefix(".") || name.hasSuffix(temporarySuffix) { continue }
      let path = directory + "/" + name
      do {
        let text = try text(path, limit: Peer.fileBytesMax)
        let peer = try Peer(parsing: text, file: path)
        if peer.name == name {
          entries.append((peer, path))
        } else {
          problems.append("\(path): holds the card of \(peer.name); the file must have that name")
        }
      } catch {
        problems.append("\(error)")
      }
    }
    guard problems.isEmpty else { throw PeerBookError(.malformed, problems.joined(separator: "\n")) }
    return entries
  }

  /// The cards of a file: one a line, between blank lines and comments (`#`).
  public static func cards(_ path: String) throws(PeerBookError) -> [Card] {
    let text = try text(path, limit: teamFileBytesMax)
    var cards: [Card] = []
    var problems: [String] = []
    // A carriage return and a line feed are one character to Swift.
    let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
    for (index, line) in lines.enumerated() {
      let content = line.drop { $0 == " " || $0 == "\t" }
      if content.isEmpty || content.first == "#" { continue }
      do throws(CryptoError) {
        cards.append(try Card(parsing: String(content)))
      } catch {
        problems.append("\(path):\(index + 1):1: \(error.reason)")
      }
    }
    guard problems.isEmpty else { throw PeerBookError(.malformed, problems.joined(separator: "\n")) }
    guard !cards.isEmpty else { throw PeerBookError(.malformed, "\(path) holds no card") }
    return cards
  }

  private static func text(_ path: String, limit: Int) throws(PeerBookError) -> String {
    let bytes = try reading { () throws(Errno) in try Files.readAll(path, limit: limit) }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw PeerBookError(.malformed, "\(path) is not text (UTF-8)")
    }
    return text
  }

  /// Does what touches files; their errors become ours.
  static func reading<Value>(_ body: () throws(Errno) -> Value) throws(PeerBookError) -> Value {
    do {
      return try body()
    } catch {
      throw PeerBookError(.file, error.description, isTransient: error.isTransient)
    }
  }
}

/// What `acqd trust` and `acqd untrust` do.
extension PeerBook {
  /// What a person says besides the card; nil leaves what is there.
  public struct Details: Hashable, Sendable {
    /// Replace all addresses.
    public var addresses: [Endpoint]?
    /// Whether it comes and goes.
    public var isIntermittent: Bool?

    /// Details; nil leaves what is there.
    public init(addresses: [Endpoint]? = nil, isIntermittent: Bool? = nil) {
      self.addresses = addresses
      self.isIntermittent = isIntermittent
    }
  }

  /// Trusts the nodes of `cards`: writes one file each, or none when any of them contradicts what is there. Returns
  /// the peers as they are now.
  @discardableResult public static func trust(
    _ cards: [Card], _ details: Details = Details(), state: String, team: [String] = [], own: NodeID? = nil
  ) throws(PeerBookError) -> [Peer] {
    let book = try load(state: state, team: team, own: own)
    var changed: [Peer] = []
    for card in cards where card.id != own {
      guard !card.name.hasSuffix(temporarySuffix) else {
        throw PeerBookError(.malformed, "\(card.name): a name must not end in \(temporarySuffix)")
      }
      var peer = book.peer(card.id).flatMap { $0.name == card.name ? $0 : nil } ?? Peer(card: card)
      peer.isTrusted = true
      peer.addresses = details.addresses ?? peer.addresses
      peer.isIntermittent = details.isIntermittent ?? peer.isIntermittent
      changed.append(peer)
    }
    guard !changed.isEmpty else { throw PeerBookError(.unknown, "that is this node's own card") }
    // One of the same key under another name stays in, so that the two are found to contradict each other.
    let others = book.peers.filter { old in !changed.contains { $0.id == old.id && $0.name == old.name } }
    let entries = others.map { ($0, "known") } + changed.map { ($0, "this card") }
    _ = try PeerBook(entries, own: own)
    for peer in changed { try write(peer, state: state) }
    return changed
  }

  /// Takes the trust back from the peer called `name`; its card is kept.
  public static func untrust(
    _ name: String, state: String, team: [String] = [], own: NodeID? = nil
  ) throws(PeerBookError) {
    let book = try load(state: state, team: team, own: own)
    guard var peer = book.peer(named: name) else {
      let near = Spelling.nearest(to: name, among: book.peers.map(\.name))
      throw PeerBookError(
        .unknown, "no node is called \(name)", hint: near.map { "did you mean \($0)?" })
    }
    peer.isTrusted = false
    try write(peer, state: state)
  }

  private static func write(_ peer: Peer, state: String) throws(PeerBookError) {
    let directory = directory(state: state)
    try reading { () throws(Errno) in
      try Files.makeDirectories(directory)
      try Files.writeAtomically(Array(peer.fileText.utf8), to: directory + "/" + peer.name)
    }
  }
}
