import AcqCore
import AcqCrypto
import AcqDaemon
import AcqHTTP
import Foundation
import Synchronization
import TestSupport
import Testing

/// What the identity commands say to a daemon that runs: here a server of the test on its socket.
@Suite("Command line: a running daemon") struct DaemonSocketTests {
  private func acqd(_ words: String...) throws -> ProcessResult {
    try TestProcess.run(
      try Repository.product("acqd"), words, environment: ["HOME": "/nonexistent"], seconds: 60)
  }

  /// Calls `body` while requests to `<state>/acqd.sock` are answered; what was asked.
  private func serving(
    _ state: String, _ answer: @escaping @Sendable () -> HTTPResponse, _ body: () throws -> Void
  ) throws -> [String] {
    let asked = AskedPaths()
    let server = HTTPServer(
      endpoints: [.unix(path: state + "/acqd.sock")], admit: { _ in true }, log: .silent
    ) { request in
      asked.paths.withLock { $0.append("\(request.method) \(request.path)") }
      return answer()
    }
    try server.start()
    defer { server.stop() }
    try body()
    return asked.paths.withLock { $0 }
  }

  private final class AskedPaths: Sendable {
    let paths = Mutex<[String]>([])
  }

  @Test("trust and untrust make a running daemon reread its peers")
  func reload() throws {
    let directory = try TemporaryDirectory()
    let state = directory.path
    let card = try #require(NodeKey.generate(role: .car).card(name: "car-1"))
    let answer: @Sendable () -> HTTPResponse = { .json(200, .members(["reloaded": .bool(true)])) }
    let asked = try serving(state, answer) {
      let trusted = try acqd("trust", card.line, "--state", state)
      #expect(trusted.text.hasSuffix("the running daemon has reread its peers\n"), "\(trusted.errorText)")
      #expect(try acqd("untrust", "car-1", "--state", state).status == 0)
    }
    #expect(asked == ["POST /api/v1/reload", "POST /api/v1/reload"])
    // The daemon is gone, and its socket with it or not: that is no error.
    let alone = try acqd("trust", card.line, "--state", state)
    #expect(alone.status == 0 && !alone.text.contains("reread"))
  }

  @Test("a daemon that refuses is an error with its reason")
  func refused() throws {
    let directory = try TemporaryDirectory()
    let state = directory.path
    let card = try #require(NodeKey.generate(role: .car).card(name: "car-1"))
    let answer: @Sendable () -> HTTPResponse = { .problem(409, "no", "too\u{1b}many") }
    _ = try serving(state, answer) {
      let refused = try acqd("trust", card.line, "--state", state)
      #expect(refused.status == 1)
      #expect(refused.errorText.hasPrefix("acqd: the running daemon refused: too\\u{1b}many\nhint: "))
    }
  }

  @Test("unknown keys are shown, the latest first, escaped")
  func pending() throws {
    let directory = try TemporaryDirectory()
    let state = directory.path
    var pending = PendingPeers()
    _ = pending.saw(noisePublic: [1], from: "10.0.0.1:5\u{7}", atMs: 1)
    _ = pending.saw(noisePublic: [2], from: "10.0.0.2:5", atMs: .max)
    #expect(PendingPeers.entries(pending.json) == pending.entries)
    let json = pending.json
    _ = try serving(state, { .json(200, json) }) {
      let shown = try acqd("trust", "--pending", "--state", state)
      let lines = shown.text.split(separator: "\n")
      #expect(lines.first == "\(Fingerprint.text([2]))  10.0.0.2:5  0 min ago")
      #expect(lines.last?.contains("10.0.0.1:5\\u{7}") == true)
    }
    let nobody = try acqd("trust", "--pending", "--state", state)
    #expect(nobody.status == 1 && nobody.errorText.contains("no daemon is running"))
    #expect(PendingPeers.entries(.members(["pending": .array([.null])])) == nil)
  }
}
