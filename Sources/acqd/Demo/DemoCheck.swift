import AcqCore
import AcqDaemon
import AcqHTTP
import AcqPages
import AcqSystem

/// Proves the demo's end: hashes every file on all three nodes, reads the cloud's list, exports one MAT.
struct DemoCheck {
  let team: DemoTeam
  let recordings: DemoRecordings
  let say: (String) -> Void

  /// Whether exactly the expected recordings are everywhere; says what is not.
  func run() throws -> Bool {
    var problems: [String] = []
    let expected = Set(recordings.expected.keys)
    for node in team.nodes {
      let found = try DemoRecordings.contentIDs(below: "\(node.state)/objects")
      problems += compare(found, with: expected, at: "\(node.role.name)'s objects")
    }
    problems += compare(try listed(), with: expected, at: "the cloud's list")
    problems += try refusals()
    problems += try export(expected)
    for problem in problems { say("demo: \(problem)") }
    guard problems.isEmpty else { return false }
    say(
      "demo: \(expected.count) recordings hashed on car, base and cloud, all listed, one exported as MAT: all right"
    )
    return true
  }

  private func compare(_ found: Set<ContentID>, with expected: Set<ContentID>, at place: String) -> [String] {
    expected.subtracting(found).sorted().map { "missing from \(place): \(recordings.expected[$0] ?? $0.hex)" }
      + found.subtracting(expected).sorted().map { "extra or different in \(place): \($0)" }
  }

  private func get(_ path: String, of node: DemoNode) throws -> HTTPClient.Response {
    try HTTPClient(unixSocket: node.socketPath).get(path)
  }

  private func listed() throws -> Set<ContentID> {
    var ids: Set<ContentID> = []
    var cursor: String?
    repeat {
      let response = try get(
        "/api/v1/recordings?limit=5" + (cursor.map { "&cursor=\($0)" } ?? ""), of: team.node(.cloud))
      guard response.status == 200 else { throw DemoError("the list answered \(response.status)") }
      let page = try JSON(parsing: response.body)
      for item in page["recordings"]?.array ?? [] {
        if let id = item["id"]?.string.flatMap({ ContentID(hex: $0) }) { ids.insert(id) }
      }
      cursor = page["next"]?.string
    } while cursor != nil
    return ids
  }

  /// What is no recording must be refused by name and reason.
  private func refusals() throws -> [String] {
    let report = try DemoRun.report(team.node(.car))
    return recordings.refused.compactMap { name in
      let row = report.recordings.first { $0.id == nil && Files.name(of: $0.name) == name }
      guard let row, let reason = row.reason else { return "not refused by the car: \(name)" }
      say("demo: \(row.name) was refused: \(reason)")
      return nil
    }
  }

  private func export(_ expected: Set<ContentID>) throws -> [String] {
    guard !expected.isEmpty else { return [] }
    var refusals: [String] = []
    for id in expected.sorted(by: { (recordings.expected[$0] ?? "") > (recordings.expected[$1] ?? "") }) {
      let response = try get("/recordings/\(id.hex).mat", of: team.node(.cloud))
      if response.status == 200, response.body.starts(with: "MATLAB 5.0 MAT-file".utf8) {
        say(
          "demo: \(Files.name(of: recordings.expected[id] ?? id.hex)) exported as MAT, \(response.body.count) bytes"
        )
        return []
      }
      refusals.append("\(response.status) \(String(decoding: response.body.prefix(200), as: UTF8.self))")
    }
    return ["no recording could be exported as MAT: \(refusals.joined(separator: "; "))"]
  }
}
