import Foundation
import Synchronization

/// A MongoDB-compatible server of one test: SecantusDB (from Tests/requirements.txt), on WiredTiger, journalled at each
/// commit, with a random port, its own data directory and SCRAM logins (`user`; `admin` may do everything; `reader` may
/// only read the database `other`; one password). Ended with the value, at the latest with the
/// test program.
public final class MongoServer: Sendable {
  /// Where it listens on 127.0.0.1.
  public let port: UInt16
  /// The one user, who may read and write every database.
  public let user = "acqd"
  /// That user's password: with characters that an address must escape.
  public let password = "p@ss:w/rd %1"

  private let directory: String
  private let process = Mutex<TestProcess?>(nil)

  /// Starts it without logins, makes the user, and starts it again with logins.
  public init() throws {
    directory = NSTemporaryDirectory() + "acqd-mongo-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    port = try Self.unusedPort()
    try start(["--storage-path", directory + "/data"])
    try PythonTools.run(
      """
      import sys, pymongo
      client = pymongo.MongoClient("127.0.0.1", int(sys.argv[1]), serverSelectionTimeoutMS=20000)
      client.admin.command("createUser", sys.argv[2], pwd=sys.argv[3], roles=["readWriteAnyDatabase"])
      client.admin.command("createUser", "admin", pwd=sys.argv[3], roles=["root"])
      client.admin.command("createUser", "reader", pwd=sys.argv[3], roles=[{"role": "read", "db": "other"}])
      """, [String(port), user, password])
    stop()
    try start()
  }

  /// The address of `database`, with the login of `user` and `password` unless others are given.
  public func uri(database: String, user: String? = nil, password: String? = nil, options: String = "")
    -> String
  {
    let name = Self.escaped(user ?? self.user)
    let word = Self.escaped(password ?? self.password)
    return "mongodb://\(name):\(word)@127.0.0.1:\(port)/\(database)?authSource=admin\(options)"
  }

  /// Makes the next `times` commands named `command` fail as `data` says (a Python dictionary's text: `"errorCode": 91`,
  /// `"closeConnection": True`, `"writeConcernError": {…}`), by MongoDB's own test command.
  public func fail(_ command: String, times: Int, _ data: String) throws {
    try PythonTools.run(
      """
      import sys, pymongo
      admin = pymongo.MongoClient(sys.argv[1]).admin
      admin.command({"configureFailPoint": "failCommand", "mode": {"times": \(times)},
        "data": {"failCommands": ["\(command)"], \(data)}})
      """, [uri(database: "admin", user: "admin")])
  }

  /// Starts it again after `stop` or `kill`, on the same port and data.
  public func start() throws { try start(["--storage-path", directory + "/data", "--auth"]) }

  /// Asks it to stop and waits until it has; ends it after 10 s. Rarely the server's signal handler waits for a lock
  /// that its main thread holds, for ever. Nothing is lost: every commit is in its journal.
  public func stop() {
    end { running in
      running.terminate()
      _ = try? running.waitForExit(seconds: 10)
      running.kill()
    }
  }

  /// `kill -9`, and waits until it is gone.
  public func kill() { end { $0.kill() } }

  /// What it logged.
  public var logText: String { (try? String(contentsOfFile: directory + "/log", encoding: .utf8)) ?? "" }

  private func start(_ arguments: [String]) throws {
    let common = [
      "--host", "127.0.0.1", "--port", String(port), "--sync-on-commit", "--enable-test-commands",
      "--log-level", "WARNING",
    ]
    let started = try TestProcess(
      try PythonTools.program("secantusd-py"), common + arguments, log: directory + "/log")
    Leftovers.add(started, directory)
    process.withLock { $0 = started }
    try waitUntil("the MongoDB server listens", seconds: 60) {
      guard started.isRunning else { throw TestSupportError("the MongoDB server ended:\n\(logText)") }
      return Self.accepts(port)
    }
  }

  private func end(_ ask: (TestProcess) -> Void) {
    guard let running = process.withLock({ process in process.take() }) else { return }
    // Asked again and again: Python loses a signal that comes just before its main thread goes to sleep.
    for _ in 0..<10 {
      ask(running)
      if (try? running.waitForExit(seconds: 3)) != nil { break }
    }
    running.kill()
    running.waitForExit()
    Leftovers.remove(running)
  }

  private static func escaped(_ text: String) -> String {
    text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? text
  }

  private static func accepts(_ port: UInt16) -> Bool {
    withSocket(port) { descriptor, address, length in connect(descriptor, address, length) == 0 }
  }

  private static func unusedPort() throws -> UInt16 {
    var chosen: UInt16 = 0
    _ = withSocket(0) { descriptor, address, length in
      var bound = sockaddr_in()
      var boundLength = socklen_t(MemoryLayout<sockaddr_in>.size)
      guard bind(descriptor, address, length) == 0 else { return false }
      withUnsafeMutablePointer(to: &bound) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          _ = getsockname(descriptor, $0, &boundLength)
        }
      }
      chosen = UInt16(bigEndian: bound.sin_port)
      return true
    }
    guard chosen != 0 else { throw TestSupportError("no free port on 127.0.0.1") }
    return chosen
  }

  private static func withSocket(
    _ port: UInt16, _ body: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Bool
  ) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }

  deinit {
    kill()
    // A leftover in the temporary directory is no reason to fail a test.
    try? FileManager.default.removeItem(atPath: directory)
  }
}

/// Servers that a static property still holds when the test program ends: nothing else would end them.
private enum Leftovers {
  private static let running = Mutex<[(process: TestProcess, directory: String)]>([])
  private static let atEnd: Void = { atexit { Leftovers.killAll() } }()

  static func add(_ process: TestProcess, _ directory: String) {
    atEnd
    running.withLock { $0.append((process, directory)) }
  }

  static func remove(_ process: TestProcess) { running.withLock { $0.removeAll { $0.process === process } } }

  private static func killAll() {
    running.withLock { leftovers in
      for leftover in leftovers {
        leftover.process.kill()
        leftover.process.waitForExit()
        try? FileManager.default.removeItem(atPath: leftover.directory)
      }
    }
  }
}
