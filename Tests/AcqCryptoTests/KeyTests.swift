import AcqCore
import AcqCrypto
import Testing

@Suite("Keys and cards") struct KeyTests {
  @Test("keys give the public keys, ids and lines of the vectors, and read them back") func vectors() throws {
    for vector in try Vectors("cards").list("cards") {
      let role = try #require(Role(name: try vector.text("role")))
      let key = NodeKey(
        role: role, noiseSecret: try vector.bytes("noiseSecret"), signSeed: try vector.bytes("signSeed"))
      #expect(key.noisePublic == (try vector.bytes("noisePublic")))
      #expect(key.signPublic == (try vector.bytes("signPublic")))
      #expect(key.id == (try vector.digest("nodeID")))
      #expect(key.secretLine == (try vector.text("secret")))
      let again = try NodeKey(parsingSecret: " \(key.secretLine)\n")
      #expect(again.id == key.id)
      #expect(again.secretLine == key.secretLine)

      let card = try #require(key.card(name: try vector.text("name")))
      #expect(card.line == (try vector.text("card")))
      #expect(try Card(parsing: "\(card.line)\r\n") == card)
      #expect(card.id == key.id)
    }
  }

  @Test("lines that are no cards are refused") func refused() throws {
    for vector in try Vectors("cards").list("refused") {
      let (why, card) = (try vector.text("why"), try vector.text("card"))
      #expect(throws: CryptoError.self, "\(why)") { _ = try Card(parsing: card) }
    }
  }

  @Test("a card or secret with any character lost or changed is refused") func corrupted() throws {
    let key = NodeKey.generate(role: .base)
    let card = try #require(key.card(name: "base-1"))
    for (line, parse) in [
      (card.line, { (line: String) throws(CryptoError) in _ = try Card(parsing: line) }),
      (key.secretLine, { (line: String) throws(CryptoError) in _ = try NodeKey(parsingSecret: line) }),
    ] {
      let characters = Array(line)
      // A shorter or another name is still a card's name, by design: the name is no part of the identity.
      let name = line.hasPrefix("acqd1 ") ? 6..<12 : 0..<0
      for index in characters.indices where !name.contains(index) {
        var changed = characters
        changed[index] = changed[index] == "A" ? "B" : "A"
        #expect(throws: CryptoError.self) { try parse(String(changed)) }
        changed.remove(at: index)
        #expect(throws: CryptoError.self) { try parse(String(changed)) }
      }
      for count in 0..<characters.count {
        #expect(throws: CryptoError.self) { try parse(String(characters.prefix(count))) }
      }
    }
  }

  @Test("random text is no card and never traps") func random() {
    var random = SeededRandom(seed: 5)
    for _ in 0..<2_000 {
      let text = String(decoding: random.bytes(Int.random(in: 0...140, using: &random)), as: UTF8.self)
      #expect(throws: CryptoError.self) { _ = try Card(parsing: "acqd1 " + text) }
      #expect(throws: CryptoError.self) { _ = try NodeKey(parsingSecret: "acqd1-secret car " + text) }
    }
  }

  @Test("a name has 1 to 64 plain characters and no dot at its start") func names() {
    for name in ["a", "car-1", "A.b_c-9", "-", "a..b", String(repeating: "x", count: 64)] {
      #expect(Card.isName(name), "\(name)")
    }
    for name in ["", ".", "..", ".a", "a b", "a/b", "é", "a\0", "a\n", String(repeating: "x", count: 65)] {
      #expect(!Card.isName(name), "\(name)")
    }
    #expect(NodeKey.generate(role: .car).card(name: "a b") == nil)
  }

  @Test("two new identities differ, and the role is part of one") func identities() throws {
    let key = NodeKey.generate(role: .car)
    #expect(NodeKey.generate(role: .car).id != key.id)
    let base = Card(name: "x", role: .base, noisePublic: key.noisePublic, signPublic: key.signPublic)
    #expect(base?.id != key.id)
    #expect(Card(name: "x", role: .car, noisePublic: [1], signPublic: key.signPublic) == nil)
    #expect(Card(name: "x", role: .car, noisePublic: key.noisePublic, signPublic: []) == nil)
  }

  @Test("errors say what is wrong and never show a secret") func errors() throws {
    let line = NodeKey.generate(role: .cloud).secretLine
    let error = try #require(throws: CryptoError.self) { _ = try NodeKey(parsingSecret: line + "A") }
    #expect(error.description.hasPrefix("crypto: "))
    #expect(!error.description.contains(line.suffix(20)))
    #expect(!error.isTransient)
  }
}
