import AcqCore
import Foundation
import TestSupport
import Testing

/// The whole path as a person sees it first.
@Suite("End to end: acqd demo") struct DemoTests {
  private func demo(_ words: [String]) throws -> ProcessResult {
    try TestProcess.run(try Repository.product("acqd"), ["demo", "--once"] + words, seconds: 300)
  }

  /// 14 distinct contents, one of them cut off, and a PNG.
  private func expectSharedLogs(_ result: ProcessResult) {
    #expect(result.status == 0, "\(result.text)\n\(result.errorText)")
    #expect(result.text.contains("14 distinct recordings"), "\(result.text)")
    let lines = result.text.split(separator: "\n")
    #expect(
      lines.contains { $0.contains("real/not-an-mcap.mcap was refused: not an MCAP file") }, "\(result.text)")
    #expect(lines.contains { $0.contains("cut off") }, "\(result.text)")
  }

  @Test("the shared recordings arrive everywhere and come out as MAT", .needsShared)
  func sharedLogs() throws {
    expectSharedLogs(try demo(["--data", try #require(SharedData.logs)]))
  }

  @Test("the same with the catalog in MongoDB", .needsShared)
  func sharedLogsInMongoDB() throws {
    let server = try MongoServer()
    let uri = server.uri(database: "acqd")
    expectSharedLogs(try demo(["--data", try #require(SharedData.logs), "--catalog", uri]))
  }

  @Test("a recording that was cut off is marked, and its topics are listed with their counts", .needsShared)
  func cutOff() throws {
    let source = try #require(SharedData.logs) + "/synthetic/truncated/2026-05-02-T13-00-00.mcap"
    let team = try TestTeam()
    try FileManager.default.copyItem(atPath: source, toPath: team[.car].incoming + "/1.mcap")
    try team.start()
    try team.waitUntilInSync(holding: 1)
    let answer = try team[.cloud].get("/api/v1/recordings")
    #expect(answer.status == 200)
    let recordings = try #require(try JSON(parsing: answer.body)["recordings"]?.array)
    #expect(recordings.count == 1)
    #expect(recordings.first?["cutOff"]?.bool == true)
    let topics = try #require(recordings.first?["topics"]?.array)
    #expect(topics.count > 1)
    for topic in topics {
      #expect(topic["name"]?.string?.isEmpty == false && topic["schema"]?.string?.isEmpty == false)
      #expect((topic["count"]?.string.flatMap { UInt64($0) } ?? 0) > 0, "\(topic.text)")
    }
  }

  @Test("without data a simulated car drives")
  func simulated() throws {
    let result = try demo([])
    #expect(result.status == 0, "\(result.text)\n\(result.errorText)")
    #expect(result.text.contains("3 recordings"), "\(result.text)")
  }
}
