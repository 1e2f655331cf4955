import AcqCore
import AcqSystem

/// A pull over loopback by two real daemons, beside rsync over ssh of the same file in the same run.
enum PullBenchmark {
  private static let sizeBytes = 512 << 20

  static let pull = Benchmark(
    name: "pull",
    question: "a 512 MiB recording from car to base over loopback: encrypted, verified, read back, durable; "
      + "peer: rsync over ssh where both are installed"
  ) { report in
    let space = try Workspace("pull")
    let size = try Inputs.unchunked("\(space.path)/big.mcap", aboutBytes: sizeBytes)
    let pulls = try (1...3).map { try pullOnce(space, round: $0) }.sorted()
    let median = report.line("pull, from the base's start to its receipt", pulls, bytes: size)
    guard let peer = try rsync(space, report, size) else {
      return report.say("  rsync or sshd is not there: no peer")
    }
    report.ratio("of rsync over ssh", peer / median, target: ">= 1.2")
  }

  private static func program() -> String {
    let own = CommandLine.arguments[0]
    return "\(Files.directory(of: own))/acqd"
  }

  /// A car that has sealed the recording, then a base that starts, pulls it and says so; the base's seconds.
  private static func pullOnce(_ space: Workspace, round: Int) throws -> Double {
    let directory = "\(space.path)/round-\(round)"
    let ports = [try freePort(), try freePort(), try freePort(), try freePort()]
    var cards: [String] = []
    for role in ["car", "base"] {
      try Files.makeDirectories("\(directory)/\(role)")
      let made = space.output(
        program(), ["keygen", "--role", role, "--name", "bench-\(role)", "--state", "\(directory)/\(role)"])
      guard let card = made?.split(separator: "\n").first(where: { $0.hasPrefix("acqd1 ") }) else {
        throw BenchmarkError("acqd keygen failed")
      }
      cards.append(String(card))
    }
    _ = space.output(program(), ["trust", cards[1], "--state", "\(directory)/car"])
    _ = space.output(
      program(), ["trust", cards[0], "--state", "\(directory)/base", "--addr", "127.0.0.1:\(ports[0])"])
    for (index, role) in ["car", "base"].enumerated() {
      let text = """
        state: "\(directory)/\(role)"
        listen: "127.0.0.1:\(ports[index])"
        http: {listen: "127.0.0.1:\(ports[index + 2])"}
        """
      try Files.writeAtomically(Array((text + "\n").utf8), to: "\(directory)/\(role).yaml")
    }
    // A node makes its state directory once, and pulls for years: it is made before the clock starts.
    let maker = try ChildProcess(
      program(), ["base", "--config", "\(directory)/base.yaml"], outputPath: "\(directory)/base.log")
    try waitFor("the base's state directory") { Files.exists("\(directory)/base/acqd.sock") }
    end(maker)
    try Files.makeDirectories("\(directory)/car/incoming")
    try Files.link("\(space.path)/big.mcap", to: "\(directory)/car/incoming/big.mcap")
    let car = try ChildProcess(
      program(), ["car", "--config", "\(directory)/car.yaml"], outputPath: "\(directory)/car.log")
    defer { end(car) }
    try waitFor("the car to seal") { held("\(directory)/car") == 1 }
    let start = Clock.monotonic()
    let base = try ChildProcess(
      program(), ["base", "--config", "\(directory)/base.yaml"], outputPath: "\(directory)/base.log")
    defer { end(base) }
    try waitFor("the base to hold it") { held("\(directory)/base") == 1 }
    return (Clock.monotonic() - start).inSeconds
  }

  private static func end(_ process: ChildProcess) {
    process.signal(.terminate)
    _ = process.wait()
  }

  private static func held(_ state: String) -> Int? {
    guard let space = try? Workspace("status"),
      let bytes =
        (try? ChildProcess(
          program(), ["status", "--json", "--state", state], outputPath: "\(space.path)/status")).map({
          process -> [UInt8] in
          _ = process.wait()
          return (try? Files.readAll("\(space.path)/status", limit: 1 << 20)) ?? []
        }), let json = try? JSON(parsing: bytes)
    else { return nil }
    return json["node"]?["held"]?.int64.map(Int.init)
  }

  private static func waitFor(_ what: String, _ condition: () -> Bool) throws {
    let deadline = Clock.monotonic() + .seconds(120)
    while !condition() {
      guard Clock.monotonic() < deadline else { throw BenchmarkError("waited in vain for \(what)") }
      Clock.sleep(.milliseconds(10))
    }
  }

  private static func freePort() throws -> UInt16 {
    let listener = try Listener(host: "127.0.0.1", port: 0)
    defer { listener.stop() }
    return listener.port
  }

  /// Median seconds of the same copy by rsync over an ssh server of our own; nil without the programs.
  private static func rsync(_ space: Workspace, _ report: Report, _ size: Int) throws -> Double? {
    guard Files.exists("/usr/bin/rsync"), Files.exists("/usr/sbin/sshd"), Files.exists("/usr/bin/ssh-keygen")
    else {
      return nil
    }
    let key = "\(space.path)/key"
    guard space.output("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", key]) != nil else { return nil }
    try Files.link("\(key).pub", to: "\(space.path)/authorized")
    let port = try freePort()
    let configuration = """
      Port \(port)
      ListenAddress 127.0.0.1
      HostKey \(key)
      AuthorizedKeysFile \(space.path)/authorized
      StrictModes no
      PidFile \(space.path)/sshd.pid
      UsePAM no
      """
    try Files.writeAtomically(Array((configuration + "\n").utf8), to: "\(space.path)/sshd_config")
    try Files.makeDirectories("/run/sshd")
    let server = try ChildProcess(
      "/usr/sbin/sshd", ["-D", "-f", "\(space.path)/sshd_config"], outputPath: "\(space.path)/sshd.log")
    defer { end(server) }
    try waitFor("sshd") { (try? Socket.connect(host: "127.0.0.1", port: port, timeout: .seconds(1))) != nil }
    let shell =
      "ssh -p \(port) -i \(key) -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
    var failed = false
    let times = report.times(runs: 3) {
      _ = try? Files.unlink("\(space.path)/copy.mcap")
      let source = "127.0.0.1:\(space.path)/big.mcap"
      // --fsync, because the pull is durable too.
      if space.output("rsync", ["--fsync", "-e", shell, source, "\(space.path)/copy.mcap"]) == nil {
        failed = true
      }
    }
    return failed ? nil : report.line("rsync --fsync over ssh", times, bytes: size)
  }
}
