import AcqCore
import AcqReplication
import AcqWire
import Testing

@Suite("Join")
struct JoinTests {
  let own = makeNodeID("own")
  let author = makeNodeID("author")

  private func decide(_ said: Said, _ manifest: Manifest, registersMax: Int = 10) -> Join.Verdict {
    Join.decide(
      author: said.author, key: said.key, sequence: said.sequence, hash: said.hash, own: own,
      manifest: manifest,
      registersMax: registersMax)
  }

  private func makeSaid(_ random: inout SeededRandom, keys: [RegisterKey]) -> Said {
    Said(
      author: author, key: keys.randomElement(using: &random) ?? .zero,
      sequence: UInt64.random(in: 1...4, using: &random), hash: makeHash(&random))
  }

  private func join(_ manifest: inout Manifest, _ said: Said) {
    guard decide(said, manifest, registersMax: .max).decision == .store else { return }
    let entry = ManifestEntry(
      sequence: said.sequence, hash: said.hash, stored: manifest.storeCounter + 1, source: nil)
    manifest.set(author: said.author, key: said.key, entry: entry)
  }

  @Test("any order, grouping and repetition of statements ends in one ledger")
  func order() {
    var random = SeededRandom(seed: 21)
    for round in 0..<scaled(debug: 100, release: 1_000) {
      let keys = (0..<6).map { _ in makeKey(&random) }
      let all = (0..<40).map { _ in makeSaid(&random, keys: keys) }
      var one = Manifest(accepted: [author])
      for said in all { join(&one, said) }
      var two = Manifest(accepted: [author])
      for said in (all + all.prefix(15)).shuffled(using: &random) { join(&two, said) }
      #expect(one.root() == two.root(), "round \(round)")
      // Two ledgers joined into each other, either way.
      var left = Manifest(accepted: [author])
      var right = Manifest(accepted: [author])
      for said in all.prefix(20) { join(&left, said) }
      for said in all.dropFirst(20) { join(&right, said) }
      let (leftRows, rightRows) = (left, right)
      for said in rows(of: rightRows) { join(&left, said) }
      for said in rows(of: leftRows) { join(&right, said) }
      #expect(left.root() == one.root())
      #expect(right.root() == one.root())
    }
  }

  private func rows(of manifest: Manifest) -> [Said] {
    manifest.entries(author: author, under: .empty).map {
      Said(author: author, key: $0.key, sequence: $0.entry.sequence, hash: $0.entry.hash)
    }
  }

  @Test("known, older and strange statements are skipped without looking at the signature")
  func skipping() {
    var random = SeededRandom(seed: 1)
    let said = makeSaid(&random, keys: [makeKey(&random)])
    var manifest = Manifest(accepted: [author])
    #expect(decide(said, manifest).decision == .store)
    #expect(decide(said, manifest).needsSignature)
    join(&manifest, said)
    #expect(decide(said, manifest).decision == .known)
    #expect(!decide(said, manifest).needsSignature)
    let older = Said(author: author, key: said.key, sequence: said.sequence - 1, hash: makeHash(&random))
    #expect(decide(older, manifest).decision == .older)
    #expect(!decide(older, manifest).needsSignature)
    let stranger = Said(author: makeNodeID("stranger"), key: said.key, sequence: 9, hash: said.hash)
    #expect(decide(stranger, manifest).decision == .unaccepted)
    #expect(!decide(stranger, manifest).needsSignature)
  }

  @Test(
    "of two statements with one number the lower hash stays, whichever comes first; the first pair is evidence"
  )
  func equivocation() throws {
    let low = try #require(StatementHash(hex: String(repeating: "1", count: 64)))
    let high = try #require(StatementHash(hex: String(repeating: "2", count: 64)))
    let key = RegisterKey.zero
    for (first, second) in [(low, high), (high, low)] {
      var manifest = Manifest(accepted: [author])
      join(&manifest, Said(author: author, key: key, sequence: 5, hash: first))
      let came = Said(author: author, key: key, sequence: 5, hash: second)
      let verdict = decide(came, manifest)
      #expect(verdict.isEquivocation && verdict.needsSignature)
      #expect(verdict.decision == (second == low ? .store : .older))
      let current = try #require(manifest.entry(author: author, key: key))
      var book = EvidenceBook()
      let noted = book.note(author: author, key: key, current: current, second: second)
      let pair = try #require(noted)
      #expect(pair.first == first && pair.second == second && pair.sequence == 5)
      let again = book.note(author: author, key: key, current: current, second: second)
      #expect(again == nil)
      #expect(book.authors == [author])
    }
  }

  @Test("an author is suspended at one register more than the limit, never for a newer statement")
  func suspension() {
    var random = SeededRandom(seed: 2)
    var manifest = Manifest(accepted: [author])
    let rows = makeRows(author: author, count: 10, seed: 3)
    for row in rows.prefix(9) { manifest.set(author: author, key: row.key, entry: row.entry) }
    let new = Said(author: author, key: makeKey(&random), sequence: 1, hash: makeHash(&random))
    #expect(decide(new, manifest).decision == .store)
    manifest.set(author: author, key: rows[9].key, entry: rows[9].entry)
    #expect(decide(new, manifest).decision == .suspend)
    let newer = Said(author: author, key: rows[9].key, sequence: 99, hash: makeHash(&random))
    #expect(decide(newer, manifest).decision == .store)
  }

  @Test("an own statement that wins is of another life; one that loses is only older")
  func ownNumbers() {
    var random = SeededRandom(seed: 4)
    var manifest = Manifest(accepted: [own])
    let key = makeKey(&random)
    #expect(
      decide(Said(author: own, key: key, sequence: 1, hash: makeHash(&random)), manifest).decision
        == .ownNumber)
    manifest.set(
      author: own, key: key,
      entry: ManifestEntry(sequence: 7, hash: makeHash(&random), stored: 1, source: nil))
    #expect(
      decide(Said(author: own, key: key, sequence: 8, hash: makeHash(&random)), manifest).decision
        == .ownNumber)
    #expect(
      decide(Said(author: own, key: key, sequence: 6, hash: makeHash(&random)), manifest).decision == .older)
  }
}
