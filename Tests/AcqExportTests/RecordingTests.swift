import AcqExport
import Foundation
import TestSupport
import Testing

@Suite("MAT exports of whole recordings") struct RecordingTests {
  private static func recordings(_ folder: String) -> [String] {
    guard let root = SharedData.logs else { return [] }
    let files = FileManager.default.enumerator(atPath: root + "/" + folder)
    let names = (files?.allObjects as? [String] ?? []).filter { $0.hasSuffix(".mcap") }
    return names.sorted().map { "\(root)/\(folder)/\($0)" }
  }

  @Test(
    "scipy and Octave load what PyPI's mcap and protobuf read, value for value", .needsShared,
    .needsTool("octave"), arguments: recordings("synthetic"))
  func synthetic(path: String) throws {
    let (words, report) = try verify(path, inOctave: true)
    #expect(words[0] == "46")
    #expect(UInt64(words[2]) == report.messageCount)
    #expect(report.skipped.isEmpty)
    #expect(report.notes.contains { $0.contains("cut off") } == path.contains("truncated"))
  }

  @Test(
    "JSON recordings of others come out value for value", .needsShared, .needsTool("octave"),
    arguments: ["foxglove-eip-bridge", "foxglove-rosconesp24", "lichtblick-logs"])
  func json(name: String) throws {
    let root = try #require(SharedData.logs)
    let (words, report) = try verify("\(root)/real/\(name).mcap", inOctave: true)
    #expect(UInt64(words[2]) == report.messageCount)
  }

  @Test("a recording without readable topics is refused with the reason of each", .needsShared)
  func unreadable() throws {
    for path in Self.recordings("real") where path.contains("rosbag2") {
      let error = #expect(throws: ExportError.self) { try export(try readFile(path)) }
      #expect(error?.kind == .nothingToWrite)
      #expect(error?.skipped.contains { $0.reason == "encoding cdr cannot be decoded yet" } == true)
    }
  }

  @Test("a recording without messages, and a file that is none, are refused", .needsShared)
  func empty() throws {
    let root = try #require(SharedData.logs)
    let empty = #expect(throws: ExportError.self) {
      try export(try readFile(root + "/real/foxglove-empty.mcap"))
    }
    #expect(empty?.kind == .nothingToWrite)
    let foreign = #expect(throws: ExportError.self) {
      try export(try readFile(root + "/real/not-an-mcap.mcap"))
    }
    #expect(foreign?.kind == .source)
  }
}
