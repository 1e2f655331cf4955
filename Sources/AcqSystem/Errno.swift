import Glibc

/// A system call that failed: the room's one error. The only place where errno is read.
public struct Errno: Error, Hashable, CustomStringConvertible, Sendable {
  /// The error number, such as `ENOENT`.
  public let code: Int32
  /// The call that failed, such as `open`.
  public let call: String
  /// The path or address that it was about; empty when there is none.
  public let path: String

  /// A failure of `call` on `path`.
  public init(code: Int32, call: String, path: String = "") {
    self.code = code
    self.call = call
    self.path = path
  }

  /// The failure of the call that has just returned in this thread.
  static func last(_ call: String, _ path: String = "") -> Errno {
    Errno(code: lastCode, call: call, path: path)
  }

  /// The error number of the call that has just returned in this thread.
  static var lastCode: Int32 { errno }

  /// Sets what `lastCode` tells: 0 before calls that report only through errno.
  static func set(_ code: Int32) { errno = code }

  /// No space left on the device, or over the quota.
  public var isNoSpace: Bool { code == ENOSPC || code == EDQUOT }
  /// There is no such file.
  public var isNotFound: Bool { code == ENOENT || code == ENOTDIR }
  /// The name exists already.
  public var isAlreadyThere: Bool { code == EEXIST || code == ENOTEMPTY }
  /// The deadline passed.
  public var isTimedOut: Bool { code == ETIMEDOUT }
  /// Somebody cancelled or shut down what was waited for.
  public var isCancelled: Bool { code == ECANCELED }
  /// Not permitted to this user.
  public var isDenied: Bool { code == EACCES || code == EPERM }
  /// A symbolic link stood where a file or directory of our own belongs.
  public var isSymbolicLink: Bool { code == ELOOP }
  /// A second name for a file cannot be made here: other filesystem, protected, or too many names (protocol
  /// §6).
  public var isNotLinkable: Bool { [EXDEV, EPERM, EMLINK, EOPNOTSUPP].contains(code) }

  /// A rename or link from one filesystem to another.
  public var isOnAnotherFilesystem: Bool { code == EXDEV }

  /// Whether trying again later, unchanged, can help.
  public var isTransient: Bool {
    isNoSpace || isTimedOut
      || [
        EINTR, EAGAIN, EBUSY, ENOMEM, EMFILE, ENFILE, ECONNREFUSED, ECONNRESET, ECONNABORTED, EPIPE, ENETDOWN,
        ENETUNREACH, EHOSTUNREACH, EHOSTDOWN, ETXTBSY, EADDRNOTAVAIL,
      ].contains(code)
  }

  /// `call path: reason`, in one line.
  public var description: String {
    let reason = strerror(code).map { String(cString: $0) } ?? "error \(code)"
    return path.isEmpty ? "\(call): \(reason)" : "\(call) \(path): \(reason)"
  }
}

/// Repeats a call while a signal interrupts it.
func retrying<Value: SignedInteger>(_ call: () -> Value) -> Value {
  while true {
    let result = call()
    if result != -1 || Errno.lastCode != EINTR { return result }
  }
}
