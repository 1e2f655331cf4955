public import AcqCore
import AcqCrypto

/// Every node that this one knows: the files of `peers.d` and the cards of team files. One value, replaced whole
/// when the daemon rereads them.
public struct PeerBook: Hashable, Sendable {
  /// In the order of their names.
  public let peers: [Peer]

  /// A book of peers that do not contradict each other. `sources` says for each where it is written, for messages.
  init(_ entries: [(peer: Peer, source: String)], own: NodeID?) throws(PeerBookError) {
    // A team's file holds our own card too; it says nothing new.
    let others = entries.filter { $0.peer.id != own }
    try Self.checkDistinct(others)
    let trustedCount = others.count { $0.peer.isTrusted }
    guard trustedCount < Limits.authorsMax else {
      throw PeerBookError(
        .tooMany,
        "\(trustedCount) peers are trusted; with this node itself at most \(Limits.authorsMax) are allowed",
        hint: "acqd untrust NAME")
    }
    peers = others.map(\.peer).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
  }

  /// One name for one key: a session is recognised by its Noise key, a statement by its author, a person's command by
  /// the name.
  private static func checkDistinct(_ entries: [(peer: Peer, source: String)]) throws(PeerBookError) {
    var problems: [String] = []
    var names: [String: (peer: Peer, source: String)] = [:]
    var keys: [[UInt8]: (peer: Peer, source: String)] = [:]
    for entry in entries {
      if let first = names.updateValue(entry, forKey: entry.peer.name) {
        problems.append(
          "two nodes are called \(entry.peer.name): \(first.peer.id.short) (\(first.source)) and "
            + "\(entry.peer.id.short) (\(entry.source))")
      }
      for key in [entry.peer.card.noisePublic, entry.peer.card.signPublic] {
        guard let first = keys.updateValue(entry, forKey: key), first.peer.name != entry.peer.name else {
          continue
        }
        let problem =
          "\(first.peer.name) (\(first.source)) and \(entry.peer.name) (\(entry.source)) have the same key"
        if problems.last != problem { problems.append(problem) }
      }
    }
    guard problems.isEmpty else {
      throw PeerBookError(
        .duplicate, problems.joined(separator: "\n"),
        hint: "remove one of the two, or change the name on its card")
    }
  }

  /// Ids of the peers whose statements are accepted; the node itself comes on top.
  public var trusted: Set<NodeID> { Set(peers.lazy.filter(\.isTrusted).map(\.id)) }

  /// The peer of that identity.
  public func peer(_ id: NodeID) -> Peer? { peers.first { $0.id == id } }
  /// The peer that a handshake showed.
  public func peer(noisePublic: [UInt8]) -> Peer? { peers.first { $0.card.noisePublic == noisePublic } }
  /// The peer that a person names.
  public func peer(named name: String) -> Peer? { peers.first { $0.name == name } }
}
