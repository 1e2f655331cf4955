import AcqCore
import AcqDaemon
import AcqHTTP
import AcqPages
import AcqSystem

/// Runs the demo: three real daemons in processes of their own, recordings for the car, and a look at what comes of it.
final class DemoRun {
  private let options: DemoOptions
  private let program: String
  private let started = Clock.monotonic()
  private var daemons: [(node: DemoNode, process: ChildProcess)] = []
  private let say: (String) -> Void

  /// `program` is this executable, which the daemons run too.
  init(_ options: DemoOptions, program: String, say: @escaping (String) -> Void) {
    self.options = options
    self.program = program
    self.say = say
  }

  /// The whole demo; the exit status.
  func run() -> Int32 {
    let directory = Self.makeDirectory()
    defer { if !options.isKept { Self.remove(directory) } }
    do {
      stage("three nodes in \(directory)")
      let mongo = try options.mongoServer.map { try DemoMongo($0, directory: directory) }
      defer { mongo?.stop() }
      let team = try DemoTeam(directory: directory, catalog: mongo?.uri ?? options.catalog)
      defer { stopDaemons() }
      try startDaemons(team)
      var recordings = DemoRecordings()
      try feed(team, &recordings)
      let status = try follow(team, expecting: recordings.expected.count)
      say(status)
      guard options.isOnce else { return linger(team) }
      return try DemoCheck(team: team, recordings: recordings, say: say).run() ? 0 : 1
    } catch {
      say("demo: failed: \(error)")
      return 1
    }
  }

  private func stage(_ text: String) {
    let seconds = Int((Clock.monotonic() - started).inSeconds)
    say("[\(String(repeating: " ", count: max(0, 4 - "\(seconds)".count)))\(seconds) s] \(text)")
  }

  private static func makeDirectory() -> String {
    let parent = "/tmp"
    var number = Clock.wallMs()
    while Files.exists("\(parent)/acqd-demo-\(number)") { number += 1 }
    let path = "\(parent)/acqd-demo-\(number)"
    _ = try? Files.makeDirectory(path, permissions: 0o700)
    return path
  }

  private static func remove(_ directory: String) { try? Files.removeTree(directory) }

  // MARK: - Daemons

  private func startDaemons(_ team: DemoTeam) throws {
    for node in team.nodes.reversed() {
      let process = try ChildProcess(
        program, [node.role.name, "--config", node.configurationPath], outputPath: "\(node.state).log")
      daemons.append((node, process))
    }
    let deadline = Clock.monotonic() + .seconds(20)
    for (node, process) in daemons {
      while (try? HTTPClient(unixSocket: node.socketPath).get("/healthz").status) != 200 {
        if let status = process.exitStatus() {
          throw DemoError("\(node.name) ended with status \(status); its log:\n\(tail(node))")
        }
        guard Clock.monotonic() < deadline else {
          throw DemoError("\(node.name) did not start:\n\(tail(node))")
        }
        Clock.sleep(.milliseconds(20))
      }
    }
    stage("car, base and cloud are running; their pages:")
    for node in team.nodes { say("         \(node.role.name)\t\(node.page)") }
  }

  private func tail(_ node: DemoNode) -> String {
    guard let bytes = try? Files.readAll("\(node.state).log", limit: 1 << 20) else { return "(no log)" }
    return String(decoding: bytes.suffix(4_000), as: UTF8.self)
  }

  private func stopDaemons() {
    for (_, process) in daemons { process.signal(.terminate) }
    for (node, process) in daemons {
      let status = process.wait()
      if status != 0 { say("demo: \(node.name) ended with status \(status)") }
    }
    daemons.removeAll()
  }

  // MARK: - Recordings

  private func feed(_ team: DemoTeam, _ recordings: inout DemoRecordings) throws {
    let incoming = team.node(.car).incoming
    if let data = options.data {
      try recordings.copy(from: data, to: incoming)
      stage(
        "\(recordings.expected.count) distinct recordings and \(recordings.refused.count) other files given to the car"
      )
      return
    }
    for index in 0..<3 {
      let path = "\(incoming)/\(index + 1).mcap"
      let sink = try FileSink(creating: path)
      try DemoSimulation.write(index: index, isCutOff: index == 1, to: sink)
      try recordings.add(path)
    }
    stage("the simulated car made \(recordings.expected.count) recordings; one was cut off by a power loss")
  }

  /// Shows the way of the recordings until everything is everywhere.
  private func follow(_ team: DemoTeam, expecting count: Int) throws -> String {
    let deadline = started + options.timeLimit
    var last = ""
    while true {
      let reports = try team.nodes.map { try Self.report($0) }
      let line = reports.map { "\($0.node.role.name) \($0.node.held)" }.joined(separator: ", ")
      let catalogued = reports[2].recordings.filter(\.isCatalogued).count
      let text = "held: \(line); in the catalog: \(catalogued)"
      if text != last { stage(text) }
      last = text
      let isDone = reports.allSatisfy { $0.node.held >= count && $0.state == .inSync } && catalogued >= count
      if isDone { return StatusText.render(reports[2], showsRecordings: true) }
      if Clock.monotonic() > deadline {
        throw DemoError(
          "not everything arrived in time\n\(StatusText.render(reports[2], showsRecordings: true))")
      }
      for (node, process) in daemons {
        if let status = process.exitStatus() {
          throw DemoError("\(node.name) ended with status \(status); its log:\n\(tail(node))")
        }
      }
      Clock.sleep(.milliseconds(100))
    }
  }

  static func report(_ node: DemoNode) throws -> StatusReport {
    let response = try HTTPClient(unixSocket: node.socketPath).get("/api/v1/status")
    guard response.status == 200 else { throw DemoError("\(node.name) answered \(response.status)") }
    return try StatusJSON.decode(response.body)
  }

  private func linger(_ team: DemoTeam) -> Int32 {
    say("Everything arrived. The pages stay up; stop with Ctrl-C:")
    for node in team.nodes { say("  \(node.role.name)\t\(node.page)") }
    _ = Signals.wait()
    return 0
  }
}

/// Why the demo did not go as it should.
struct DemoError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
