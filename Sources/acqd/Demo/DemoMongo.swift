import AcqCore
import AcqSystem

/// The MongoDB-compatible server of the demo: PyPI's SecantusDB on WiredTiger, on loopback, without passwords.
struct DemoMongo {
  /// How long it may take to listen.
  private static let startPeriod = Duration.seconds(30)
  /// The catalog's connection string.
  let uri: String
  private let process: ChildProcess

  /// Starts `program` with its data in `directory` and waits until it listens.
  init(_ program: String, directory: String) throws {
    let free = try Listener(host: "127.0.0.1", port: 0)
    let port = free.port
    free.stop()
    let data = "\(directory)/mongodb"
    try Files.makeDirectories(data, permissions: 0o700)
    process = try ChildProcess(
      program,
      [
        "--host", "127.0.0.1", "--port", "\(port)", "--storage-path", data, "--sync-on-commit", "--log-level",
        "WARNING",
      ], outputPath: "\(directory)/mongodb.log")
    uri = "mongodb://127.0.0.1:\(port)/acqd"
    let deadline = Clock.monotonic() + Self.startPeriod
    while (try? Socket.connect(host: "127.0.0.1", port: port, timeout: .seconds(1))) == nil {
      if let status = process.exitStatus() { throw DemoError("\(program) ended with status \(status)") }
      guard Clock.monotonic() < deadline else { throw DemoError("\(program) did not listen in time") }
      Clock.sleep(.milliseconds(50))
    }
  }

  /// How long the server may take to stop; SecantusDB sometimes ignores the request.
  private static let stopPeriod = Duration.seconds(5)

  /// Ends the server and waits: it holds a lock on its data.
  func stop() {
    process.signal(.terminate)
    let deadline = Clock.monotonic() + Self.stopPeriod
    while process.exitStatus() == nil, Clock.monotonic() < deadline { Clock.sleep(.milliseconds(20)) }
    process.kill()
    _ = process.wait()
  }
}
