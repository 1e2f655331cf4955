import CDeflate

/// The checksum of zlib streams (RFC 1950), also of streams that are put together from parts.
public enum Adler32 {
  /// The checksum of no bytes.
  public static let empty: UInt32 = 1
  private static let base: UInt64 = 65_521

  /// The checksum of all bytes so far, when `checksum` is that of the bytes before `bytes`.
  public static func update(_ checksum: UInt32, _ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes { buffer in
      // A null pointer means "start anew" to libdeflate.
      guard let address = buffer.baseAddress else { return checksum }
      // SAFETY: the buffer lives for the call, which reads `count` bytes.
      return libdeflate_adler32(checksum, address, buffer.count)
    }
  }

  /// The checksum of two parts in order, from the checksum of each and the size of the second.
  public static func combine(_ first: UInt32, _ second: UInt32, secondSizeBytes: UInt64) -> UInt32 {
    let size = secondSizeBytes % base
    let (low1, high1) = (UInt64(first & 0xFFFF), UInt64(first >> 16))
    let (low2, high2) = (UInt64(second & 0xFFFF), UInt64(second >> 16))
    let low = (low1 + low2 + base - 1) % base
    let high = (high1 + high2 + size * low1 + base - size) % base
    return UInt32(high << 16 | low)
  }
}
