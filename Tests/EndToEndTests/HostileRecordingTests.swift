import AcqCompression
import AcqCore
import Foundation
import MCAP
import TestSupport
import Testing

/// Recordings that are made to hurt whoever reads them, on the whole way from the car to the cloud's exports.
@Suite("Hostile: recordings") struct HostileRecordingTests {
  private static let magic: [UInt8] = [0x89, 0x4D, 0x43, 0x41, 0x50, 0x30, 0x0D, 0x0A]

  private static func number(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) }
  }
  private static func text(_ text: String) -> [UInt8] {
    number(UInt64(text.utf8.count), 4) + Array(text.utf8)
  }
  private static func record(_ code: UInt8, _ content: [UInt8], length: UInt64? = nil) -> [UInt8] {
    [code] + number(length ?? UInt64(content.count), 8) + content
  }
  private static var header: [UInt8] { magic + record(0x01, text("") + text("hostile")) }
  private static var channel: [UInt8] {
    record(0x03, number(1, 2) + text("S") + text("jsonschema") + text("{}"))
      + record(0x04, number(1, 2) + number(1, 2) + text("/t") + text("json") + number(0, 4))
  }
  private static func message(_ channel: UInt64, _ json: String) -> [UInt8] {
    record(0x05, number(channel, 2) + number(0, 4) + number(1_000, 8) + number(1_000, 8) + Array(json.utf8))
  }
  private static func chunk(_ compression: String, _ packed: [UInt8], claims size: UInt64) -> [UInt8] {
    let times = number(0, 8) + number(9, 8)
    return record(
      0x06,
      times + number(size, 8) + number(0, 4) + text(compression) + number(UInt64(packed.count), 8) + packed)
  }

  /// Files by name; each begins as a recording does.
  private static func hostile() throws -> [String: [UInt8]] {
    let packer = try ZstdCompressor(level: 19)
    let bomb = try packer.compress([UInt8](repeating: 0, count: 200 << 20)[...])
    let nested = String(repeating: "[", count: 100_000)
    let deep =
      "{\"a\":" + String(repeating: "{\"a\":", count: 60_000) + "1" + String(repeating: "}", count: 60_001)
    let wide = "{" + (0..<200_000).map { "\"k\($0)\":1" }.joined(separator: ",") + "}"
    return [
      "bomb-honest.mcap": header + channel + chunk("zstd", bomb, claims: 200 << 20),
      "bomb-lying.mcap": header + channel + chunk("zstd", bomb, claims: 1_000),
      "bomb-huge.mcap": header + channel + chunk("zstd", bomb, claims: .max),
      "unknown-compression.mcap": header + channel + chunk("brotli", bomb, claims: 10),
      "length-lies.mcap": header + channel + record(0x05, [1, 2, 3], length: .max),
      "schema-lies.mcap": header + record(0x03, number(1, 2) + number(.max, 4)) + channel,
      "no-channel.mcap": header + message(77, "{}"),
      "nested.mcap": header + channel + message(1, nested),
      "deep.mcap": header + channel + message(1, deep),
      "wide.mcap": header + channel + message(1, wide),
      "chunk-in-chunk.mcap": header + channel
        + chunk("", chunk("", message(1, "{}"), claims: 60), claims: 120),
      "footer-first.mcap": header + record(0x02, number(.max, 8) + number(.max, 8) + number(0, 4)) + magic,
      "many-empty.mcap": header + [UInt8](repeating: 0x80, count: 100_000),
    ]
  }

  @Test(
    "hostile recordings are kept and catalogued with what is wrong, exports end, memory stays, others go on",
    .needsTool("curl"))
  func wholePath() throws {
    let team = try TestTeam([.car, .cloud]) { node, other in node.role == .car ? other.address : nil }
    let (car, cloud) = (team[.car], team[.cloud])
    let files = try Self.hostile()
    for (name, bytes) in files {
      try Data(bytes).write(to: URL(fileURLWithPath: car.incoming + "/" + name))
    }
    try TestRecording(seed: 3).write(car.incoming + "/good.mcap")
    try team.start()
    try waitUntil("all are on the cloud", seconds: 60) { try cloud.status().held == files.count + 1 }
    try waitUntil("all are catalogued, or their row says why not", seconds: 60) {
      try cloud.status().recordings.allSatisfy {
        $0["catalog"]?.bool == true || $0["reason"]?.string?.contains("waiting") != true
      }
    }
    let rows = try cloud.status().recordings
    for row in rows {
      guard let name = row["name"]?.string, let id = row["id"]?.string else { continue }
      let answer = try TestProcess.run(
        "curl",
        [
          "-sS", "--unix-socket", cloud.socketPath, "-o", "/dev/null", "-w", "%{http_code}",
          "http://localhost/recordings/\(id).mat",
        ], seconds: 120)
      let entry = try cloud.get("/api/v1/recordings/\(id)")
      #expect(["200", "422", "413"].contains(answer.text), "\(name): \(answer.text)")
      if name == "good.mcap" { #expect(answer.text == "200") }
      if name.hasPrefix("bomb") {
        #expect(answer.text == "422")
        #expect(String(decoding: entry.body, as: UTF8.self).contains("chunk"), "\(name) lists its problem")
      }
    }
    #expect(cloud.isRunning && car.isRunning)
    print("peak \(try cloud.peakBytes() >> 20) MiB")
    #expect(try cloud.peakBytes() < 300 << 20)
    try TestRecording(seed: 4).write(car.incoming + "/after.mcap")
    try waitUntil("others go on", seconds: 30) { try cloud.status().held == files.count + 2 }
  }
}
