import CDeflate

/// The CRC-32 of zlib, gzip and MCAP, by libdeflate (carry-less multiplication where the processor has it).
public enum CRC32Fast {
  /// The checksum of all bytes so far, when `checksum` is that of the bytes before `bytes` (0 for none).
  public static func update(_ checksum: UInt32 = 0, _ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes { buffer in
      // A null pointer means "start anew" to libdeflate.
      guard let address = buffer.baseAddress else { return checksum }
      // SAFETY: the buffer lives for the call, which reads `count` bytes.
      return libdeflate_crc32(checksum, address, buffer.count)
    }
  }

  /// As `update(_:_:)` for a whole array.
  public static func update(_ checksum: UInt32 = 0, _ bytes: [UInt8]) -> UInt32 {
    update(checksum, bytes[...])
  }
}
