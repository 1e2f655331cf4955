import AcqCore
import AcqCrypto
import AcqDaemon
import Foundation
import TestSupport
import Testing

/// A card of a node that is made up.
private func makeCard(_ name: String, _ role: Role = .car) throws -> Card {
  try #require(NodeKey.generate(role: role).card(name: name))
}

@Suite("Peer book") struct PeerBookTests {
  private func error<Value>(_ body: () throws -> Value) -> PeerBookError? {
    do {
      _ = try body()
      return nil
    } catch {
      return error as? PeerBookError
    }
  }

  private func write(_ text: String, _ path: String) throws {
    let directory = URL(fileURLWithPath: path).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    try text.write(toFile: path, atomically: true, encoding: .utf8)
  }

  @Test("a trusted card is there after a reload, with its addresses")
  func trust() throws {
    let directory = try TemporaryDirectory()
    let card = try makeCard("car-1")
    let addresses = [try #require(Endpoint("192.168.1.5:7461")), try #require(Endpoint("[fd00::1]:7461"))]
    try PeerBook.trust(
      [card], .init(addresses: addresses, isIntermittent: true), state: directory.path)
    let book = try PeerBook.load(state: directory.path, team: [])
    #expect(book.peers == [Peer(card: card, addresses: addresses, isIntermittent: true)])
    #expect(book.trusted == [card.id])
    #expect(book.peer(noisePublic: card.noisePublic)?.name == "car-1")
    // Trusting again changes only what is said.
    try PeerBook.trust([card], .init(isIntermittent: false), state: directory.path)
    let again = try PeerBook.load(state: directory.path, team: [])
    #expect(again.peers == [Peer(card: card, addresses: addresses, isIntermittent: false)])
  }

  @Test("taking the trust back keeps the card, and trusting again gives it back")
  func untrust() throws {
    let directory = try TemporaryDirectory()
    let card = try makeCard("base", .base)
    try PeerBook.trust([card], state: directory.path)
    try PeerBook.untrust("base", state: directory.path)
    let book = try PeerBook.load(state: directory.path, team: [])
    #expect(book.peers == [Peer(card: card, isTrusted: false)])
    #expect(book.trusted.isEmpty)
    try PeerBook.trust([card], state: directory.path)
    #expect(try PeerBook.load(state: directory.path, team: []).trusted == [card.id])
    let unknown = error { try PeerBook.untrust("bsae", state: directory.path) }
    #expect(unknown?.kind == .unknown && unknown?.hint == "did you mean base?")
  }

  @Test("a team's file adds its cards; what a node's own file says counts")
  func team() throws {
    let directory = try TemporaryDirectory()
    let cards = [try makeCard("car-1"), try makeCard("base", .base), try makeCard("cloud", .cloud)]
    let file = directory.path + "/team.cards"
    try write("# the team\n\n" + cards.map { "  \($0.line)\r\n" }.joined(), file)
    let book = try PeerBook.load(state: directory.path, team: [file], own: cards[0].id)
    #expect(book.peers.map(\.name) == ["base", "cloud"], "the own card is nobody's peer")
    try PeerBook.untrust("base", state: directory.path, team: [file], own: cards[0].id)
    let after = try PeerBook.load(state: directory.path, team: [file], own: cards[0].id)
    #expect(after.trusted == [cards[2].id])
    #expect(try PeerBook.cards(file) == cards)
  }

  @Test("one key under two names is refused with both names, and nothing is written")
  func duplicateKeys() throws {
    let directory = try TemporaryDirectory()
    let key = NodeKey.generate(role: .car)
    let first = try #require(key.card(name: "car-1"))
    let second = try #require(key.card(name: "car-2"))
    try PeerBook.trust([first], state: directory.path)
    let refused = error { try PeerBook.trust([try makeCard("other"), second], state: directory.path) }
    #expect(refused?.kind == .duplicate)
    #expect(refused?.reason.contains("car-1") == true && refused?.reason.contains("car-2") == true)
    #expect(try PeerBook.load(state: directory.path, team: []).peers.map(\.name) == ["car-1"])
    let sameName = error { try PeerBook.trust([try makeCard("car-1")], state: directory.path) }
    #expect(sameName?.kind == .duplicate)
    #expect(sameName?.reason.contains("two nodes are called car-1") == true)
    let ownCard = error { try PeerBook.trust([first], state: directory.path, own: first.id) }
    #expect(ownCard?.reason == "that is this node's own card")
  }

  @Test("511 peers are trusted, 512 are not; those without trust do not count")
  func authors() throws {
    let directory = try TemporaryDirectory()
    let cards = try (0..<512).map { try makeCard("n\($0)") }
    let file = directory.path + "/team.cards"
    try write(cards[..<511].map { $0.line + "\n" }.joined(), file)
    #expect(try PeerBook.load(state: directory.path, team: [file]).trusted.count == 511)
    let refused = error { try PeerBook.trust([cards[511]], state: directory.path, team: [file]) }
    #expect(refused?.kind == .tooMany)
    try PeerBook.untrust("n0", state: directory.path, team: [file])
    try PeerBook.trust([cards[511]], state: directory.path, team: [file])
    #expect(try PeerBook.load(state: directory.path, team: [file]).trusted.count == 511)
  }

  @Test("every problem of every file is named with its place; leftovers and hidden files are no peers")
  func files() throws {
    let directory = try TemporaryDirectory()
    let card = try makeCard("car-1")
    let peers = PeerBook.directory(state: directory.path)
    try write("card: \"\(card.line)\"\ntrusted: true\n", peers + "/car-1")
    try write("half a fi", peers + "/car-1.new")
    try write("nothing", peers + "/.hidden")
    #expect(try PeerBook.load(state: directory.path, team: []).trusted == [card.id])
    try write("card: nonsense\naddr: [\"*:1\"]\ntrsuted: true\n", peers + "/bad")
    try write("card: \"\(card.line)\"\n", peers + "/renamed")
    try write("trusted: true\n", peers + "/without")
    let reason = error { try PeerBook.load(state: directory.path, team: []) }?.reason ?? ""
    #expect(reason.contains("peers.d/bad:1:7: `card`: not a line"))
    #expect(reason.contains("peers.d/bad:2:8: `addr`: `*:1` is not an address"))
    #expect(reason.contains("peers.d/bad:3:1: unknown key `trsuted`; did you mean `trusted`?"))
    #expect(reason.contains("peers.d/renamed: holds the card of car-1"))
    #expect(reason.contains("peers.d/without:1:1: there is no `card`"))
  }

  @Test("a team's file that is missing, empty or damaged is an error with its line")
  func badTeamFiles() throws {
    let directory = try TemporaryDirectory()
    let card = try makeCard("car-1")
    let file = directory.path + "/team.cards"
    #expect(error { try PeerBook.load(state: directory.path, team: [file]) }?.kind == .file)
    try write("# nobody\n", file)
    #expect(error { try PeerBook.cards(file) }?.reason.hasSuffix("holds no card") == true)
    try write(card.line + "\n" + String(card.line.dropLast()) + "\nx\n", file)
    let reason = error { try PeerBook.cards(file) }?.reason ?? ""
    #expect(reason.contains("team.cards:2:1: ") && reason.contains("team.cards:3:1: "))
  }

  @Test("unknown keys are remembered, the latest 64 of them")
  func pending() {
    var pending = PendingPeers()
    for number in 0..<64 {
      let isNew = pending.saw(noisePublic: [UInt8(number)], from: "10.0.0.1:1", atMs: UInt64(number))
      #expect(isNew)
    }
    let again = pending.saw(noisePublic: [0], from: "10.0.0.2:1", atMs: 100)
    #expect(!again)
    #expect(pending.entries.count == 64)
    #expect(pending.entries.last?.address == "10.0.0.2:1")
    let another = pending.saw(noisePublic: [64], from: "10.0.0.3:1", atMs: 101)
    #expect(another)
    #expect(pending.entries.count == 64)
    #expect(pending.entries.first?.fingerprint == Fingerprint.text([2]), "the one not seen for longest went")
    pending.remove(noisePublic: [64])
    #expect(pending.entries.count == 63)
    // printf '' | sha256sum
    #expect(Fingerprint.text([]) == "e3b0-c442-98fc-1c14")
  }
}
