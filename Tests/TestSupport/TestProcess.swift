import Foundation
import Synchronization

/// A child process of a test; killed and reaped at the latest when the value ends.
public final class TestProcess: Sendable {
  /// Its process id; only meaningful until `waitForExit` returned.
  public let pid: Int32
  private let status = Mutex<Int32?>(nil)

  /// Starts `path` (searched in PATH when it has no slash). Standard output and error are appended to the file
  /// `log`, or thrown away; `environment` replaces the test's own, nil keeps it.
  public convenience init(
    _ path: String, _ arguments: [String] = [], environment: [String: String]? = nil, log: String? = nil
  ) throws {
    let output = log ?? "/dev/null"
    try self.init(path, arguments, environment: environment, input: "/dev/null", output: output, errors: nil)
  }

  /// Starts `path` with each standard stream on a file; `errors` nil is the file of `output`.
  public init(
    _ path: String, _ arguments: [String], environment: [String: String]?, input: String, output: String,
    errors: String?
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // Files, never pipes: a pipe's end that a sibling inherited would keep its reader waiting for ever.
    let append = O_WRONLY | O_CREAT | O_APPEND
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, append, 0o600)
    if let errors {
      posix_spawn_file_actions_addopen(&actions, 2, errors, append, 0o600)
    } else {
      posix_spawn_file_actions_adddup2(&actions, 1, 2)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The child starts with default handlers and nothing blocked, whatever the test runner did.
    var all = sigset_t()
    var none = sigset_t()
    sigfillset(&all)
    sigemptyset(&none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    var pairs = environment ?? ProcessInfo.processInfo.environment
    // What killed processes left in /dev/shm would make libmongoc complain on standard error.
    pairs["MONGOC_DISABLE_SHM"] = "1"
    var child: pid_t = 0
    let code = withCStrings([path] + arguments) { argumentPointers in
      withCStrings(pairs.map { $0.key + "=" + $0.value }) { environmentPointers in
        posix_spawnp(&child, path, &actions, &attributes, argumentPointers, environmentPointers)
      }
    }
    guard code == 0 else {
      throw TestSupportError("cannot start \(path): \(String(cString: strerror(code)))")
    }
    pid = child
  }

  /// Asks it to stop (SIGTERM).
  public func terminate() { signal(SIGTERM) }

  /// Ends it at once (SIGKILL).
  public func kill() { signal(SIGKILL) }

  /// Sends `number`, unless it has been reaped (its pid may be another process's by then).
  public func signal(_ number: Int32) {
    status.withLock { if $0 == nil { _ = Foundation.kill(pid, number) } }
  }

  /// Whether it has not ended yet.
  public var isRunning: Bool { exitStatus == nil }

  /// Its exit status once it has ended, 128 + n after signal n; nil before.
  public var exitStatus: Int32? { status.withLock { reap(&$0, options: WNOHANG) } }

  /// Waits until it ends: its exit status, 128 + n after signal n.
  @discardableResult public func waitForExit() -> Int32 {
    while true {
      if let known = status.withLock({ $0 }) { return known }
      // Wait without reaping and without the lock, so that another thread can still signal it.
      var information = siginfo_t()
      let code = waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT)
      if code != 0 && errno == EINTR { continue }
      if let known = status.withLock({ reap(&$0, options: 0) }) { return known }
    }
  }

  /// Waits at most `seconds`; throws when it still runs then.
  @discardableResult public func waitForExit(seconds: Double) throws -> Int32 {
    try waitUntil("process \(pid) ends", seconds: seconds) { !isRunning }
    return waitForExit()
  }

  private func reap(_ known: inout Int32?, options: Int32) -> Int32? {
    if known != nil { return known }
    var raw: Int32 = 0
    let code = waitpid(pid, &raw, options)
    if code == pid {
      let number = raw & 0x7f
      known = number == 0 ? (raw >> 8) & 0xff : 128 + number
    } else if code < 0 && errno == ECHILD {
      known = -1
    }
    return known
  }

  deinit {
    kill()
    waitForExit()
  }
}

/// What a finished child process left.
public struct ProcessResult: Sendable {
  /// Exit status, 128 + n after signal n.
  public let status: Int32
  /// All of standard output.
  public let output: [UInt8]
  /// All of standard error.
  public let errors: [UInt8]

  /// Standard output as text.
  public var text: String { String(decoding: output, as: UTF8.self) }
  /// Standard error as text.
  public var errorText: String { String(decoding: errors, as: UTF8.self) }
}

extension TestProcess {
  /// Runs a program to its end, at most `seconds` long (then it is killed and this throws).
  public static func run(
    _ path: String, _ arguments: [String] = [], environment: [String: String]? = nil, input: [UInt8] = [],
    seconds: Double = 600
  ) throws -> ProcessResult {
    let directory = try TemporaryDirectory()
    let names = ["in", "out", "err"].map { directory.path + "/" + $0 }
    try Data(input).write(to: URL(fileURLWithPath: names[0]))
    let process = try TestProcess(
      path, arguments, environment: environment, input: names[0], output: names[1], errors: names[2])
    let status = try process.waitForExit(seconds: seconds)
    return ProcessResult(
      status: status, output: try [UInt8](Data(contentsOf: URL(fileURLWithPath: names[1]))),
      errors: try [UInt8](Data(contentsOf: URL(fileURLWithPath: names[2]))))
  }
}

/// Calls `body` with a null-terminated array of C strings.
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeMutableBufferPointer { buffer in
    guard let base = buffer.baseAddress else { preconditionFailure("a non-empty array has an address") }
    return body(base)
  }
}
