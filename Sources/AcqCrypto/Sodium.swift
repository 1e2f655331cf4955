import CSodium

/// libsodium, started once before its first use.
enum Sodium {
  private static let isReady = sodium_init() >= 0

  static func start() { precondition(isReady, "libsodium starts") }
}

/// Random bytes from the operating system, for keys.
public enum Entropy {
  /// `count` bytes that nobody can guess.
  public static func bytes(_ count: Int) -> [UInt8] {
    Sodium.start()
    return [UInt8](count: count) { buffer in
      guard let base = buffer.baseAddress else { return }
      // SAFETY: the buffer has room for `count` bytes.
      randombytes_buf(base, count)
    }
  }
}

/// Whether `a` and `b` are equal, in a time that tells nothing about where they differ. Their lengths are no secret.
public func constantTimeEquals(_ a: [UInt8], _ b: [UInt8]) -> Bool {
  // SAFETY: both arrays hold `a.count` bytes and are only read.
  a.count == b.count && sodium_memcmp(a, b, a.count) == 0
}
