public import AcqCore
import CLinux
import Glibc

/// The machine's clocks. Pure rooms never read one; they are told.
public enum Clock {
  /// Time since an unspecified start; stands still while the machine sleeps.
  public static func monotonic() -> Instant { Instant(nanoseconds: read(CLOCK_MONOTONIC)) }

  /// Milliseconds since 1970, as the machine believes; on a car it may be wrong.
  public static func wallMs() -> UInt64 { UInt64(max(0, read(CLOCK_REALTIME) / 1_000_000)) }

  /// Nanoseconds since 1970, as the machine believes.
  public static func wallNs() -> UInt64 { UInt64(max(0, read(CLOCK_REALTIME))) }

  /// Nanoseconds since the machine started, sleep included.
  public static func bootTimeNs() -> UInt64 { UInt64(max(0, read(CLOCK_BOOTTIME))) }

  /// Whether the kernel says that the wall clock is synchronised.
  public static var isSynchronised: Bool { acq_clock_is_synchronised() == 1 }

  /// A text that differs after every start of the machine; nil where the kernel does not tell.
  public static func bootID() -> String? {
    guard let bytes = try? Files.readAll("/proc/sys/kernel/random/boot_id", limit: 64) else { return nil }
    return String(decoding: bytes.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  /// Uses the time zone with this IANA name instead of the machine's. Before other threads are started.
  public static func setTimeZone(_ name: String) {
    setenv("TZ", name, 1)
    tzset()
  }

  /// The offset from UTC of the machine's own time zone at a moment, in seconds.
  public static func localOffsetSeconds(atUnixSeconds seconds: Int64) -> Int {
    var time = time_t(seconds)
    var parts = tm()
    return localtime_r(&time, &parts) == nil ? 0 : parts.tm_gmtoff
  }

  /// Lets `duration` pass. Only for back-off in the shell; anything that must stop waits on a `Wakeup`
  /// instead.
  public static func sleep(_ duration: Duration) {
    let nanoseconds = max(0, duration.inNanoseconds)
    var left = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    var interrupted = timespec()
    while nanosleep(&left, &interrupted) == -1, Errno.lastCode == EINTR { left = interrupted }
  }

  private static func read(_ clock: clockid_t) -> Int64 {
    var now = timespec()
    guard clock_gettime(clock, &now) == 0 else { preconditionFailure("Linux has the clocks named here") }
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }
}
