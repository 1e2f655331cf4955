import Glibc

/// A signal that the daemon acts on.
public enum Signal: Int32, CaseIterable, Sendable {
  /// Read the configuration again.
  case hangup = 1
  /// A person pressed ^C.
  case interrupt = 2
  /// For the daemon's own use.
  case user1 = 10
  /// For the daemon's own use.
  case user2 = 12
  /// Stop.
  case terminate = 15
}

/// Signals as values: blocked in every thread, waited for by one.
public enum Signals {
  /// Blocks the signals of `Signal` and SIGIO (leases), and ignores SIGPIPE. Call first in `main`: threads
  /// inherit it.
  public static func block() {
    var set = makeSet()
    sigaddset(&set, SIGIO)
    pthread_sigmask(SIG_BLOCK, &set, nil)
    signal(SIGPIPE, SIG_IGN)
  }

  /// The next signal; waits for it.
  public static func wait() -> Signal {
    var set = makeSet()
    while true {
      var number: Int32 = 0
      if sigwait(&set, &number) == 0, let signal = Signal(rawValue: number) { return signal }
    }
  }

  /// Sends a signal to this process, as `kill` would: wakes `wait`.
  public static func raise(_ signal: Signal) { kill(getpid(), signal.rawValue) }

  private static func makeSet() -> sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    for signal in Signal.allCases { sigaddset(&set, signal.rawValue) }
    return set
  }
}
