import CLinux
import Glibc
import Synchronization

/// A program that this one started. It lives on unless it is waited for or signalled.
public final class ChildProcess: Sendable {
  /// Its process id.
  public let id: Int32
  private let status = Mutex<Int32?>(nil)

  /// Starts `program` with `arguments`; its output and errors go to the end of the file `outputPath`. It gets this
  /// process's environment, no open files, and no blocked signals.
  public init(_ program: String, _ arguments: [String], outputPath: String) throws(Errno) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, outputPath, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // Ours are closed by exec; this is for what C libraries opened without saying so.
    acq_spawn_close_all(&actions)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    // An ignored signal stays ignored across exec: a shell pipeline would never end.
    var pipe = sigset_t()
    sigemptyset(&pipe)
    sigaddset(&pipe, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &pipe)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    // SAFETY: strdup's copies are freed here, after posix_spawn copied them into the new process.
    defer { for word in words { free(word) } }
    words.append(nil)
    var child: pid_t = 0
    let code = posix_spawn(&child, program, &actions, &attributes, words, acq_environment())
    guard code == 0 else { throw Errno(code: code, call: "posix_spawn", path: program) }
    id = child
  }

  /// Sends a signal, unless it has been waited for.
  public func signal(_ signal: Signal) {
    status.withLock { if $0 == nil { Glibc.kill(id, signal.rawValue) } }
  }

  /// Ends it at once, unless it has been waited for.
  public func kill() { status.withLock { if $0 == nil { Glibc.kill(id, SIGKILL) } } }

  /// The exit status if it has ended (128 + signal when one ended it); nil while it runs.
  public func exitStatus() -> Int32? { collect(WNOHANG) }

  /// Waits for its end; the exit status.
  public func wait() -> Int32 { collect(0) ?? -1 }

  private func collect(_ options: Int32) -> Int32? {
    status.withLock { known in
      if let known { return known }
      var raw: Int32 = 0
      var result: pid_t
      repeat { result = waitpid(id, &raw, options) } while result < 0 && Errno.lastCode == EINTR
      guard result == id else { return nil }
      known = raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + raw & 0x7F
      return known
    }
  }
}
