import AcqCore
import AcqReplication
import AcqWire
import Foundation
import TestSupport
import Testing

/// Protocol/vectors/manifest.json, which an independent implementation wrote.
@Suite("Manifest vectors")
struct ManifestVectorTests {
  private let json: JSON
  private let authors: [NodeID]
  private let entries: [(key: RegisterKey, entry: ManifestEntry)]

  init() throws {
    let url = URL(fileURLWithPath: Repository.path("Protocol/vectors/manifest.json"))
    let json = try JSON(parsing: [UInt8](Data(contentsOf: url)))
    self.json = json
    authors = try #require(json["authors"]?.array).map { try #require(NodeID(hex: $0.string ?? "")) }
    entries = try #require(json["entries"]?.array).enumerated().map { index, entry in
      let made = ManifestEntry(
        sequence: try #require(entry["sequence"]?.uint64),
        hash: try #require(StatementHash(hex: text(entry, "hash"))),
        stored: UInt64(index) + 1, source: nil)
      return (try #require(RegisterKey(hex: text(entry, "key"))), made)
    }
  }

  private func cases(_ name: String) throws -> [JSON] {
    let cases = try #require(json[name]?.array)
    try #require(!cases.isEmpty)
    return cases
  }

  private func makeManifest(_ counts: [Int]) -> Manifest {
    Manifest(
      accepted: Set(authors),
      loading: zip(authors, counts).flatMap { author, count in
        entries.prefix(count).map { (author: author, key: $0.key, entry: $0.entry) }
      })
  }

  @Test("an author's roots")
  func trees() throws {
    for tree in try cases("trees") {
      let count = Int(try #require(tree["entryCount"]?.uint64))
      var manifest = makeManifest([count])
      #expect(manifest.authorRoot(authors[0]).hex == text(tree, "authorRoot"), "\(count) entries")
      #expect(manifest.root().hex == text(tree, "manifestRoot"), "\(count) entries")
    }
  }

  @Test("answers to TREE_GET")
  func nodes() throws {
    var manifest = makeManifest([entries.count])
    for node in try cases("nodes") {
      let packed = try #require(Hex.decode(text(node, "packed")))
      let count = Int(try #require(node["nibbleCount"]?.uint64))
      let prefix = try #require(NibblePrefix(nibbleCount: count, packed: packed))
      let message = Message.treeNode(
        requestID: 1, index: 0, manifest.treeNode(author: authors[0], prefix: prefix))
      // The frame's header, the request id and the index come before.
      #expect(Hex.encode(Array(message.encoded.dropFirst(4 + 4 + 2))) == text(node, "body"), "\(packed)")
    }
  }

  @Test("roots over several authors")
  func forests() throws {
    for forest in try cases("forests") {
      let counts = try #require(forest["entryCounts"]?.array).map { Int($0.uint64 ?? 0) }
      var manifest = makeManifest(counts)
      #expect(manifest.root().hex == text(forest, "root"), "\(counts)")
    }
  }
}

private func text(_ json: JSON, _ name: String) -> String { json[name]?.string ?? "" }
