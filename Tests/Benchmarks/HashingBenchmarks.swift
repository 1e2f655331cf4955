import AcqCore
import AcqCrypto
import AcqReplication
import AcqStore
import AcqSystem
import MCAP

/// Hashing and sealing, beside `openssl speed` in the same run.
enum HashingBenchmarks {
  private static let sizeBytes = 256 << 20

  static let sha256 = Benchmark(
    name: "sha256", question: "SHA-256 of 256 MiB in memory; floor: openssl speed -evp sha256"
  ) { report in
    let piece = [UInt8](repeating: 0x5A, count: 1 << 20)
    let times = report.times {
      var digest = SHA256()
      for _ in 0..<sizeBytes >> 20 { digest.update(piece) }
      _ = digest.finalize()
    }
    let median = report.line("ours", times, bytes: sizeBytes)
    guard let floor = openSSL(report) else { return }
    report.ratio("of openssl", Double(sizeBytes) / median / floor, target: ">= 0.95")
  }

  static let sealing = Benchmark(
    name: "sealing",
    question:
      "sealing of an unchunked recording of about 256 MiB: fsync, both digests, probe, hard link; same floor"
  ) { report in
    let space = try Workspace("sealing")
    let path = "\(space.path)/incoming.mcap"
    let size = try Inputs.unchunked(path, aboutBytes: sizeBytes)
    let key = NodeKey.generate(role: .car)
    // A node makes its state directory once, and seals for years.
    var stores = try (0..<Report.runs).map { number in
      let state = "\(space.path)/state-\(number)"
      try Files.makeDirectories(state)
      let database = try NodeDatabase("\(state)/node.db", node: key.id)
      return try DirectoryStore(disk: POSIXDisk(root: state), database: database, node: key.id, log: .silent)
    }
    let times = try report.times { try seal(path, in: stores.removeLast()) }
    let median = report.line("sealing", times, bytes: size)
    guard let floor = openSSL(report) else { return }
    report.ratio("of openssl on one core", Double(size) / median / floor, target: ">= 0.45")
  }

  private static func seal(_ path: String, in store: DirectoryStore) throws {
    var digest: FileDigest? = FileDigest()
    var probe = RecordingProbe()
    let outcome = try store.seal(
      path,
      consume: { bytes in
        digest?.update(bytes)
        probe.append(bytes)
      },
      contentID: {
        guard let whole = digest.take() else { throw BenchmarkError("a file is read once") }
        return whole.finish().contentID
      })
    guard case .sealed = outcome else { throw BenchmarkError("the file was not sealed") }
  }

  /// Bytes a second of `openssl speed`, now.
  private static func openSSL(_ report: Report) -> Double? {
    guard let space = try? Workspace("openssl"),
      let text = space.output(
        "openssl", ["speed", "-elapsed", "-seconds", "2", "-bytes", "1048576", "-evp", "sha256"]),
      let last = text.split(separator: "\n").last(where: { $0.lowercased().hasPrefix("sha256") }),
      let figure = last.split(separator: " ").last, figure.hasSuffix("k"),
      let thousands = Double(figure.dropLast())
    else {
      report.say("  openssl is not there: no floor")
      return nil
    }
    report.say("  floor, openssl speed: \(Report.number(thousands / 1000)) MB/s")
    return thousands * 1000
  }
}

/// Why a benchmark came to nothing.
struct BenchmarkError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
