import AcqCore
import AcqCrypto
import AcqReplication

/// The manifest at 100,000 statements.
enum ManifestBenchmarks {
  private static let count = 100_000

  static let manifest = Benchmark(
    name: "manifest",
    question: "100,000 statements of one author: building the tree and its root, and one change; "
      + "floor: as many SHA-256 of 72 bytes as there are entries"
  ) { report in
    let author = SHA256.hash([1], as: NodeID.self)
    var random = SeededRandom(seed: 11)
    let entries = (0..<count).map { number in
      (
        key: SHA256.hash(random.bytes(16), as: RegisterKey.self),
        entry: ManifestEntry(
          sequence: UInt64(number + 1), hash: SHA256.hash(random.bytes(16), as: StatementHash.self),
          stored: UInt64(number + 1), source: nil)
      )
    }
    let piece = [UInt8](repeating: 7, count: 72)
    let floor = report.line(
      "floor", report.times { for _ in 0..<count { _ = SHA256.hash(piece, as: ManifestHash.self) } },
      items: count)
    var built = Manifest(accepted: [author])
    let build = report.line(
      "build and root",
      report.times {
        var manifest = Manifest(accepted: [author])
        for (key, entry) in entries { manifest.set(author: author, key: key, entry: entry) }
        _ = manifest.root()
        built = manifest
      }, items: count)
    report.ratio("build, as hashes of its entries", build / floor)
    var stored = UInt64(count)
    report.line(
      "1,000 changes with a root after each",
      report.times {
        for index in 0..<1_000 {
          stored += 1
          var entry = entries[index].entry
          entry.sequence = stored
          entry.stored = stored
          built.set(author: author, key: entries[index].key, entry: entry)
          _ = built.root()
        }
      }, items: 1_000)
  }
}
