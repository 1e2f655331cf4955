import Foundation
import TestSupport
import Testing

/// The equipment of the other tests, where a fault would make them pass or hang for the wrong reason.
@Suite("Test equipment") struct EquipmentTests {
  @Test("a child's output, errors and status come back apart")
  func processResult() throws {
    let result = try TestProcess.run("sh", ["-c", "cat; echo oops >&2; exit 3"], input: Array("hello".utf8))
    #expect(result.status == 3)
    #expect(result.text == "hello")
    #expect(result.errorText == "oops\n")
  }

  @Test("a killed child reports its signal, once and for all callers")
  func killedChild() throws {
    let process = try TestProcess("sleep", ["60"])
    #expect(process.isRunning)
    process.kill()
    #expect(process.waitForExit() == 137)
    #expect(process.waitForExit() == 137)
    process.terminate()
  }

  @Test("a child that takes too long is an error and leaves no process")
  func slowChild() throws {
    #expect(throws: TestSupportError.self) { try TestProcess.run("sleep", ["60"], seconds: 0.05) }
  }

  @Test("a temporary directory is gone afterwards")
  func temporaryDirectory() throws {
    let path = try filledDirectory()
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  private func filledDirectory() throws -> String {
    let directory = try TemporaryDirectory()
    try Data([1]).write(to: URL(fileURLWithPath: directory.path + "/file"))
    #expect(FileManager.default.fileExists(atPath: directory.path + "/file"))
    return directory.path
  }

  @Test("Python runs with the pinned packages and gets arguments and input")
  func python() throws {
    let script = """
      import sys, mcap, google.protobuf, scipy, secantus
      print(sys.argv[1], sys.stdin.read())
      """
    #expect(try PythonTools.run(script, ["one"], input: Array("two".utf8)) == "one two\n")
    #expect(throws: TestSupportError.self) { try PythonTools.run("raise SystemExit(2)") }
  }
}
