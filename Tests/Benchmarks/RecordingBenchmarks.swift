import AcqCatalog
import AcqCompression
import AcqCore
import AcqCrypto
import AcqExport
import AcqSystem
import MCAP

/// Reading, exporting and cataloguing recordings.
enum RecordingBenchmarks {
  private static let messageBytes = 64 << 20

  static let scan = Benchmark(
    name: "mcap-scan",
    question:
      "zstd recording with 64 MiB of messages: summary and every message; floor: decompress + CRC of its chunks"
  ) { report in
    let space = try Workspace("scan")
    let path = "\(space.path)/zstd.mcap"
    _ = try Inputs.chunked(path, aboutBytes: messageBytes)
    let bytes = MemoryBytes(try Files.readAll(path, limit: 1 << 30))
    let floor = report.line("floor", try report.times { try unpack(bytes) }, bytes: messageBytes)
    var count = 0
    let scan = report.line(
      "summary for the catalog",
      try report.times { count = Int(try RecordingSummary.scan(bytes).messageCount) }, bytes: messageBytes)
    let read = report.line(
      "every message",
      try report.times {
        var reader = try MessageReader(bytes)
        while try reader.next() != nil {}
      }, bytes: messageBytes, items: count)
    report.ratio("summary, of the floor's speed", floor / scan)
    report.ratio("messages, of the floor's speed", floor / read)
  }

  private static func unpack(_ source: MemoryBytes) throws {
    var stream = RecordStream()
    let decompressor = try ZstdDecompressor()
    stream.append(source.bytes[...])
    while let record = try stream.next() {
      guard case .chunk(let chunk) = record else { continue }
      let plain = try decompressor.decompress(chunk.records, uncompressedSize: Int(chunk.uncompressedSize))
      _ = CRC32Fast.update(0, plain[...])
    }
  }

  static let mat = Benchmark(
    name: "mat", question: "the same recording (JSON, 8 topics) to MAT v5; floor: its summary"
  ) { report in
    let space = try Workspace("mat")
    let path = "\(space.path)/zstd.mcap"
    _ = try Inputs.chunked(path, aboutBytes: messageBytes)
    let source = try FileSource(path)
    let floor = report.line(
      "floor", try report.times { _ = try RecordingSummary.scan(source) }, bytes: messageBytes)
    let export = report.line(
      "MAT export",
      try report.times {
        var sink = try FileSink(creating: "\(space.path)/out.mat")
        _ = try MATExport.write(
          source, request: MATExport.Request(), name: "bench", scratch: { try FileScratch(in: space.path) },
          to: &sink)
      }, bytes: messageBytes)
    report.ratio("times the floor", export / floor)
  }

  static let ingest = Benchmark(
    name: "ingest",
    question: "500 entries of 60 topics into each catalog, one at a time, durable; floor: SQLite's own"
  ) { report in
    let space = try Workspace("ingest")
    let sqlite = try Catalogs.open(spec: "sqlite", directory: space.path, log: .silent)
    let entries = entries(500)
    let floor = report.line(
      "SQLite", try report.times(runs: 3) { for entry in entries { try sqlite.put(entry) } },
      items: entries.count)
    let program = ".venv/bin/secantusd-py"
    guard Files.exists(program) else { return report.say("  no \(program): ./config/dev python makes it") }
    let port = try freePort()
    let server = try ChildProcess(
      program,
      [
        "--host", "127.0.0.1", "--port", "\(port)", "--storage-path", "\(space.path)/mongo",
        "--sync-on-commit",
        "--log-level", "WARNING",
      ], outputPath: "\(space.path)/mongo.log")
    defer {
      server.signal(.terminate)
      _ = server.wait()
    }
    while (try? Socket.connect(host: "127.0.0.1", port: port, timeout: .seconds(1))) == nil {
      guard server.exitStatus() == nil else { throw BenchmarkError("SecantusDB ended") }
      Clock.sleep(.milliseconds(50))
    }
    let mongo = try Catalogs.open(
      spec: "mongodb://127.0.0.1:\(port)/acqd", directory: space.path, log: .silent)
    let median = report.line(
      "MongoDB (SecantusDB)", try report.times(runs: 3) { for entry in entries { try mongo.put(entry) } },
      items: entries.count)
    report.ratio("MongoDB, times SQLite", median / floor)
  }

  private static func freePort() throws -> UInt16 {
    let listener = try Listener(host: "127.0.0.1", port: 0)
    defer { listener.stop() }
    return listener.port
  }

  private static func entries(_ count: Int) -> [CatalogEntry] {
    let topics = (0..<60).map { number in
      CatalogTopic(name: "topic\(number)", schema: "S\(number)", encoding: "protobuf", count: 1_000)
    }
    let setup = CatalogMetadata(name: "setup", fields: [("driver", "Ryan"), ("location", "Michigan")])
    let origin = SHA256.hash([9], as: NodeID.self)
    return (0..<count).map { (number: Int) -> CatalogEntry in
      let id = SHA256.hash([UInt8(number & 0xFF), UInt8(number >> 8)], as: ContentID.self)
      let startNs = UInt64(number) * 1_000_000_000
      return CatalogEntry(
        id: id, name: "\(number).mcap", origin: origin, originName: "car", sizeBytes: 1_000_000,
        startNs: startNs,
        endNs: startNs + 60_000_000_000, isCutOff: false, topics: topics, metadata: [setup], parent: nil,
        problems: [])
    }
  }
}
