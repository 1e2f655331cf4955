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
    #expect(lines.contains { $0.contains("not-an-mcap.mcap") && $0.contains("PNG") }, "\(result.text)")
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

  @Test("without data a simulated car drives")
  func simulated() throws {
    let result = try demo([])
    #expect(result.status == 0, "\(result.text)\n\(result.errorText)")
    #expect(result.text.contains("3 recordings"), "\(result.text)")
  }
}
