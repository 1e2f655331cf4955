import AcqCore
import Foundation
import TestSupport
import Testing

/// The README's marked console blocks do what they say. What the test changes in them, and nothing else: the addresses
/// of the example's network are this machine's; the configuration files are those of `config/`, with free ports and a
/// recorder's directory of the test's own.
@Suite("End to end: the README's blocks") struct ReadmeTests {
  /// Blocks that start builds and tests: they cannot run inside a test.
  private static let developers = ["demo", "test"]
  /// Blocks that a person types in this order on three machines.
  private static let roles = ["identity", "trust", "car", "base", "cloud", "status"]

  private let blocks: [String: MarkedBlock]

  init() throws {
    let text = try String(contentsOfFile: Repository.path("README.md"), encoding: .utf8)
    blocks = Dictionary(MarkedBlock.all(in: text).map { ($0.name, $0) }) { first, _ in first }
  }

  private func commands(_ name: String) throws -> [String] {
    let commands = try #require(blocks[name], "the README has no block test=\(name)").commands
    #expect(!commands.isEmpty, "\(name)")
    return commands
  }

  @Test("every marked block is tried here, and the developer's are commands that config/dev knows")
  func complete() throws {
    #expect(Set(blocks.keys) == Set(Self.developers + Self.roles))
    let help = try TestProcess.run(Repository.path("config/dev"), ["help"]).text
    for name in Self.developers {
      for command in try commands(name) {
        let line = help.split(separator: "\n").first { $0.hasPrefix(command + " ") }
        #expect(line != nil, "config/dev help does not know: \(command)")
      }
    }
  }

  @Test("three machines that follow the README see each other, and a recording arrives in the cloud's list")
  func threeMachines() throws {
    let place = try TemporaryDirectory()
    let machines = try Role.allCases.map { try Machine($0, in: place.path) }
    let desk = place.path + "/desk"
    try FileManager.default.createDirectory(atPath: desk, withIntermediateDirectories: false)

    for command in try commands("identity") {
      let machine = try #require(machines.first { command.contains("--role \($0.role.name) ") }, "\(command)")
      try machine.succeed(command)
      for card in try machine.files().filter({ $0.hasSuffix(".card") }) {
        try FileManager.default.copyItem(atPath: machine.home + "/" + card, toPath: desk + "/" + card)
      }
    }
    for command in try commands("trust") { try machines[0].succeed(command, in: desk) }
    for machine in machines {
      try FileManager.default.copyItem(atPath: desk + "/team.cards", toPath: machine.home + "/team.cards")
      try machine.configure()
    }
    for machine in machines {
      let commands = try commands(machine.role.name).map { Machine.here($0, machines) }
      #expect(commands.count <= 5, "a role for real is five lines at most")
      for command in commands.dropLast() { try machine.succeed(command) }
      try machine.start(try #require(commands.last))
    }
    try TestRecording(seed: 7, isClosed: true).write(machines[0].recorder + "/first.mcap")
    for machine in machines {
      try waitUntil("\(machine.role.name) holds the recording and is in sync", seconds: 60) {
        try machine.isInSync(holding: 1, of: machines.count)
      }
    }
    for command in try commands("status") {
      let said = try machines[0].succeed(command)
      #expect(said.hasPrefix("You may switch the car off: the one recording is on base-1"), "\(said)")
    }
    let list = try machines[2].succeed(
      "curl -s --unix-socket \"$STATE_DIRECTORY\"/acqd.sock http://acqd/api/v1/recordings")
    #expect(list.contains("\"first.mcap\""), "\(list)")
    for machine in machines { #expect(try machine.stop() == 0) }
    for machine in machines {
      let (status, said) = try machine.status()
      #expect(status == 2 && said.hasPrefix("Cannot tell: acqd does not run on \(machine.name)"), "\(said)")
    }
  }
}

/// One of the README's machines: a home, a state directory, ports, and a shell in which people type.
private final class Machine {
  let role: Role
  let home: String
  /// Its name on the card.
  var name: String { role == .cloud ? "cloud" : "\(role.name)-1" }
  var recorder: String { home + "/recorder" }
  private let replicationPort: UInt16
  private let httpPort: UInt16
  private var daemon: TestProcess?

  init(_ role: Role, in place: String) throws {
    self.role = role
    home = place + "/" + role.name
    (replicationPort, httpPort) = (try TestPorts.unused(), try TestPorts.unused())
    try FileManager.default.createDirectory(atPath: home + "/recorder", withIntermediateDirectories: true)
  }

  /// The example's addresses are this machine's.
  static func here(_ command: String, _ machines: [Machine]) -> String {
    let address = { (role: Role) in
      machines.first { $0.role == role }.map { "127.0.0.1:\($0.replicationPort)" } ?? ""
    }
    return command.replacing("192.168.1.5", with: address(.car)).replacing("10.0.0.1", with: address(.cloud))
  }

  /// The configuration of `config/`, with ports and the recorder's directory of the test.
  func configure() throws {
    let shipped = try String(contentsOfFile: Repository.path("config/\(role.name).yaml"), encoding: .utf8)
    var text = shipped.replacing("directory: /var/lib/recorder", with: "directory: recorder")
    let number = UInt16(role.rawValue)
    let changes = [
      (
        "listen", "127.0.0.1:\(replicationPort)",
        ["#listen: \"*:\(7461 + number)\"", "listen: \"10.0.0.1:7463\""]
      ),
      (
        "  listen", "127.0.0.1:\(httpPort)",
        ["#  listen: \"*:\(8461 + number)\"", "  listen: \"10.0.0.1:8463\""]
      ),
    ]
    for (key, address, lines) in changes {
      let found = lines.first { text.contains("\n" + $0 + "\n") }
      let line = try #require(found, "\(role.name).yaml has no \(key) that this test knows")
      text = text.replacing("\n" + line + "\n", with: "\n\(key): \"\(address)\"\n")
    }
    text = text.replacing("\n#http:\n", with: "\nhttp:\n")
    text = text.replacing("\n#min_free: 2 GiB\n", with: "\nmin_free: 1 MB\n")
    try text.write(toFile: "\(home)/\(role.name).yaml", atomically: true, encoding: .utf8)
  }

  /// Names of what lies in its home.
  func files() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: home) }

  private func environment() throws -> [String: String] {
    let program = (try Repository.product("acqd") as NSString).deletingLastPathComponent
    var environment = ProcessInfo.processInfo.environment
    environment["PATH"] = program + ":" + (environment["PATH"] ?? "/usr/bin:/bin")
    environment["HOME"] = home
    // Where a service of systemd has its state: on this machine three nodes need three.
    environment["STATE_DIRECTORY"] = home + "/state"
    return environment
  }

  private func run(_ command: String, in directory: String?) throws -> ProcessResult {
    let line = "cd '\(directory ?? home)' && \(command)"
    return try TestProcess.run("bash", ["-c", line], environment: try environment(), seconds: 60)
  }

  /// Types `command`; what it printed. Throws when it fails.
  @discardableResult func succeed(_ command: String, in directory: String? = nil) throws -> String {
    let result = try run(command, in: directory)
    guard result.status == 0 else {
      throw TestSupportError("\(role.name): `\(command)` ended with \(result.status): \(result.errorText)")
    }
    return result.text
  }

  /// Types the command that does not end.
  func start(_ command: String) throws {
    let line = "cd '\(home)' && exec \(command)"
    daemon = try TestProcess("bash", ["-c", line], environment: try environment(), log: home + "/log")
  }

  /// SIGTERM; the exit status.
  func stop() throws -> Int32? {
    daemon?.terminate()
    return try daemon?.waitForExit(seconds: 20)
  }

  /// The exit status and the words of `acqd status`.
  func status() throws -> (status: Int32, text: String) {
    let result = try run("acqd status", in: nil)
    return (result.status, result.text)
  }

  /// What `acqd status` says, by its words and by its exit status.
  func isInSync(holding count: Int, of nodeCount: Int) throws -> Bool {
    if let ended = daemon?.exitStatus {
      throw TestSupportError("\(role.name) ended with \(ended): \(try succeed("cat log"))")
    }
    let result = try run("acqd status --json", in: nil)
    guard result.status == 0, let json = try? JSON(parsing: result.output) else { return false }
    let status = TestStatus(json)
    let nodes = json["nodes"]?.array ?? []
    return status.state == "in sync" && status.held == count && nodes.count == nodeCount
  }
}
