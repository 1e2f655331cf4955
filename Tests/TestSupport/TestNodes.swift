public import AcqCore
import Foundation

/// A team of real nodes of one test: keys, cards and trust made by `acqd`'s own commands, a state directory and free
/// ports for each, all in one temporary directory. Everything is ended and removed with the value.
public final class TestTeam {
  /// The directory of the whole team.
  public let directory: String
  /// In the order they were asked for.
  public let nodes: [TestNode]

  /// Where `node` dials `other`; nil: it does not.
  public typealias Addresses = (_ node: TestNode, _ other: TestNode) -> String?

  /// Makes the nodes and their trust. By default car and base dial each other, base dials the cloud and the cloud
  /// dials nobody; `addresses` says otherwise, so that a relay may sit between two nodes.
  public init(
    _ roles: [Role] = [.car, .base, .cloud], in parent: String? = nil, addresses: Addresses? = nil,
    configure: (TestNode) -> Void = { _ in }
  ) throws {
    let name = "acqd-team-" + String(UUID().uuidString.prefix(13))
    directory = URL(fileURLWithPath: parent ?? NSTemporaryDirectory()).appendingPathComponent(name).path
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    var made: [TestNode] = []
    for role in roles {
      let count = made.count { $0.role == role }
      let name = count == 0 ? role.name : "\(role.name)\(count + 1)"
      made.append(try TestNode(role: role, name: name, directory: directory))
    }
    nodes = made
    for node in nodes { configure(node) }
    try connect(addresses ?? { Self.usual($0, $1) })
    for node in nodes { try node.writeConfiguration() }
  }

  /// The first node of a role.
  public subscript(role: Role) -> TestNode {
    guard let node = nodes.first(where: { $0.role == role }) else {
      preconditionFailure("this team has no \(role.name)")
    }
    return node
  }

  /// Starts every node and waits until each answers.
  public func start() throws {
    for node in nodes { try node.start() }
    for node in nodes { try node.waitUntilUp() }
  }

  /// Waits until every running node says that nothing is missing, and that it holds `count` recordings.
  public func waitUntilInSync(holding count: Int, seconds: Double = 60) throws {
    for node in nodes where node.isRunning { try node.waitUntilInSync(holding: count, seconds: seconds) }
  }

  private func connect(_ addresses: Addresses) throws {
    for node in nodes {
      for other in nodes where other !== node {
        try node.trust(other, address: addresses(node, other))
      }
    }
  }

  private static func usual(_ node: TestNode, _ other: TestNode) -> String? {
    guard node.role != .cloud, node.role == .base || other.role == .base else { return nil }
    return other.address
  }

  deinit {
    for node in nodes { node.kill() }
    // For looking at what a failure left: its logs and states.
    if ProcessInfo.processInfo.environment["ACQD_KEEP_TEAMS"] != nil { return }
    // A leftover in the temporary directory is no reason to fail a test.
    try? FileManager.default.removeItem(atPath: directory)
  }
}

/// One node of a `TestTeam`: its files, its ports and, while it runs, its process.
public final class TestNode {
  /// Its role.
  public let role: Role
  /// Its name on the card.
  public let name: String
  /// Its state directory.
  public let state: String
  /// Where its recorder writes, if it is a car.
  public let incoming: String
  /// Where peers dial it.
  public let replicationPort: UInt16
  /// Where its pages and API are.
  public let httpPort: UInt16
  /// Its card, one line.
  public let card: String
  /// The configuration's lines besides addresses and directories; written at each start.
  public var configuration: [String: String] = ["min_free": "1 MB", "log_level": "debug"]
  /// The daemon, from `start` to `kill` or `stop`.
  public private(set) var process: TestProcess?

  /// `127.0.0.1:<replicationPort>`.
  public var address: String { "127.0.0.1:\(replicationPort)" }
  /// Its Unix socket.
  public var socketPath: String { state + "/acqd.sock" }
  /// Its configuration file.
  public var configurationPath: String { state + ".yaml" }
  /// What it logged in all its lives.
  public var logText: String {
    String(decoding: (try? Data(contentsOf: URL(fileURLWithPath: logPath))) ?? Data(), as: UTF8.self)
  }
  private var isWrapped = false
  /// The daemon below a wrapper, by its own lock file; checked, because a number may be another process's by now.
  private var wrappedPID: pid_t? {
    guard isWrapped, let text = try? String(contentsOfFile: state + "/lock", encoding: .utf8),
      let pid = pid_t(text.trimmingCharacters(in: .whitespacesAndNewlines)),
      let words = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline"),
      String(decoding: words, as: UTF8.self).contains(configurationPath)
    else { return nil }
    return pid
  }
  private var logPath: String { state + ".log" }

  init(role: Role, name: String, directory: String) throws {
    self.role = role
    self.name = name
    state = directory + "/" + name
    incoming = directory + "/" + name + "-incoming"
    (replicationPort, httpPort) = (try TestPorts.unused(), try TestPorts.unused())
    for path in [state] + (role == .car ? [incoming] : []) {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
    let words = ["keygen", "--role", role.name, "--name", name, "--state", state]
    card = try Self.succeed(words).trimmingCharacters(in: .newlines)
  }

  /// A second machine with the identity and trust of `other`, which must not have run yet.
  public init(copying other: TestNode, name: String, directory: String) throws {
    (role, self.name, card) = (other.role, name, other.card)
    state = directory + "/" + name
    incoming = directory + "/" + name + "-incoming"
    (replicationPort, httpPort) = (try TestPorts.unused(), try TestPorts.unused())
    configuration = other.configuration
    try FileManager.default.copyItem(atPath: other.state, toPath: state)
    try FileManager.default.createDirectory(atPath: incoming, withIntermediateDirectories: true)
  }

  /// Accepts `other`, and dials it at `address` if there is one; again for another address.
  public func trust(_ other: TestNode, address: String?) throws {
    var words = ["trust", other.card, "--state", state]
    if let address { words += ["--addr", address] }
    if other.role == .car { words.append("--intermittent") }
    try Self.succeed(words)
  }

  // MARK: - Life

  /// Starts its daemon; returns at once. `wrapper` is a program and its arguments that starts it, such as strace.
  public func start(wrapper: [String] = [], environment: [String: String] = [:]) throws {
    precondition(process?.isRunning != true, "\(name) runs already")
    try writeConfiguration()
    isWrapped = !wrapper.isEmpty
    let words = wrapper + [try Repository.product("acqd"), role.name, "--config", configurationPath]
    let surroundings = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process = try TestProcess(words[0], Array(words.dropFirst()), environment: surroundings, log: logPath)
  }

  /// Waits until its daemon answers; throws with its log when it ended instead.
  public func waitUntilUp(seconds: Double = 30) throws {
    try waitUntil("\(name) answers", seconds: seconds) {
      if let status = process?.exitStatus {
        throw TestSupportError("\(name) ended with \(status):\n\(logText.suffix(4000))")
      }
      return (try? get("/healthz"))?.status == 200
    }
  }

  /// Starts it and waits until it answers.
  public func startAndWait() throws {
    try start()
    try waitUntilUp()
  }

  /// Whether its daemon runs.
  public var isRunning: Bool { process?.isRunning == true }

  /// `kill -9`; returns when it is gone.
  public func kill() {
    // A wrapper's child outlives it.
    if let pid = wrappedPID { Foundation.kill(pid, SIGKILL) }
    process?.kill()
    process?.waitForExit()
    process = nil
  }

  /// SIGTERM; the exit status, and the seconds until it was gone.
  @discardableResult public func stop(seconds: Double = 20) throws -> (status: Int32, seconds: Double) {
    guard let process else { throw TestSupportError("\(name) does not run") }
    let start = ContinuousClock.now
    if let pid = wrappedPID { Foundation.kill(pid, SIGTERM) } else { process.terminate() }
    let status = try process.waitForExit(seconds: seconds)
    let duration = ContinuousClock.now - start
    self.process = nil
    return (status, duration / .seconds(1))
  }

  // MARK: - Files

  /// Writes its configuration file.
  public func writeConfiguration() throws {
    var lines = [
      "state: \"\(state)\"", "listen: \"127.0.0.1:\(replicationPort)\"",
      "http: {listen: \"127.0.0.1:\(httpPort)\"}",
    ]
    if role == .car { lines.append("recorder: {directory: \"\(incoming)\"}") }
    lines += configuration.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(fileURLWithPath: configurationPath))
  }

  /// The content ids in objects/, by the files' names.
  public func objectIDs() throws -> [String] {
    try files(below: state + "/objects").filter { $0.hasSuffix(".mcap") }
      .map { String(($0 as NSString).lastPathComponent.dropLast(5)) }.sorted()
  }

  /// Files below objects/ whose bytes are not what their name says, and files below recordings/ whose bytes are no
  /// object's: what must never be there (invariant I1). Hashed by `sha256sum`, not by our own code.
  public func wrongFiles() throws -> [String] {
    let objects = try Self.hashes(files(below: state + "/objects").filter { $0.hasSuffix(".mcap") })
    let wrong = objects.filter { path, hash in (path as NSString).lastPathComponent != hash + ".mcap" }
    let held = Set(objects.values)
    let shown = try Self.hashes(files(below: state + "/recordings")).filter { !held.contains($0.value) }
    return (Array(wrong.keys) + Array(shown.keys)).sorted()
  }

  /// Every file below `directory`, absolute; none where it does not exist.
  public func files(below directory: String) throws -> [String] {
    guard let found = FileManager.default.enumerator(atPath: directory) else { return [] }
    return found.compactMap { $0 as? String }.map { directory + "/" + $0 }.filter {
      var isDirectory: ObjCBool = false
      return FileManager.default.fileExists(atPath: $0, isDirectory: &isDirectory) && !isDirectory.boolValue
    }
  }

  /// Path → SHA-256 in hex, by `sha256sum`. A file that vanishes meanwhile is left out.
  public static func hashes(_ paths: [String]) throws -> [String: String] {
    guard !paths.isEmpty else { return [:] }
    let result = try TestProcess.run("sha256sum", ["-z", "--"] + paths)
    var hashes: [String: String] = [:]
    for line in result.text.split(separator: "\0") where line.count > 66 {
      hashes[String(line.dropFirst(66))] = String(line.prefix(64))
    }
    return hashes
  }

  // MARK: - Asking

  /// Runs `acqd` with these words and `--state`.
  public func command(_ words: String..., environment: [String: String]? = nil) throws -> ProcessResult {
    try TestProcess.run(
      try Repository.product("acqd"), words + ["--state", state], environment: environment, seconds: 60)
  }

  /// The status of the running daemon, as its API gives it.
  public func status() throws -> TestStatus {
    let answer = try get("/api/v1/status")
    guard answer.status == 200 else { throw TestSupportError("\(name) answered \(answer.status)") }
    return TestStatus(try JSON(parsing: answer.body))
  }

  /// One GET over its Unix socket.
  public func get(_ target: String) throws -> (status: Int, body: [UInt8]) {
    try TestSocket.get(target, unix: socketPath)
  }

  /// Waits until it says "in sync" and holds exactly `count` recordings.
  public func waitUntilInSync(holding count: Int, seconds: Double = 60) throws {
    var last = "no status yet"
    do {
      try waitUntil("\(name) holds \(count) and is in sync", seconds: seconds) {
        if let ended = process?.exitStatus {
          throw TestSupportError("\(name) ended with \(ended):\n\(logText.suffix(4000))")
        }
        guard let status = try? status() else { return false }
        last = status.json.text
        return status.state == "in sync" && status.held == count
      }
    } catch { throw TestSupportError("\(error)\nlast status: \(last)\nlog: \(logText.suffix(3000))") }
  }

  /// Runs `acqd` with these words; its output. Throws with its errors when it fails.
  @discardableResult static func succeed(_ words: [String]) throws -> String {
    let result = try TestProcess.run(try Repository.product("acqd"), words, seconds: 60)
    guard result.status == 0 else {
      throw TestSupportError("acqd \(words[0]) ended with \(result.status):\n\(result.errorText)")
    }
    return result.text
  }

  deinit { kill() }
}

/// A node's status as JSON, and what tests ask of it most.
public struct TestStatus {
  /// The whole.
  public let json: JSON

  /// A status that was parsed.
  public init(_ json: JSON) { self.json = json }

  /// `in sync`, `gaps`, `cannot tell` or `disk full`.
  public var state: String { json["state"]?.string ?? "" }
  /// The sentence on top.
  public var sentence: String { json["sentence"]?.string ?? "" }
  /// How many recordings the node itself holds.
  public var held: Int { Int(json["node"]?["held"]?.int64 ?? -1) }
  /// What a person should know besides.
  public var alarms: [String] { json["alarms"]?.array?.compactMap(\.string) ?? [] }
  /// Rows of recordings.
  public var recordings: [JSON] { json["recordings"]?.array ?? [] }
  /// The row of the node with that name.
  public func node(_ name: String) -> JSON? { json["nodes"]?.array?.first { $0["name"]?.string == name } }
  /// The rows of recordings with that name.
  public func recordings(named name: String) -> [JSON] { recordings.filter { $0["name"]?.string == name } }
}
