import AcqCore

/// Caps that only the wire has; the others are in AcqCore's `Limits`.
public enum WireLimits {
  /// Bytes of a frame's type, flags and length.
  public static let frameHeaderBytes = 4
  /// Bytes of a DATA frame before its payload, the frame's header included.
  public static let dataHeaderBytes = frameHeaderBytes + 12
  /// Text of CLOSE: a sentence for a log.
  public static let closeTextBytesMax = 1_000
  /// Block hashes in one MAP: what a frame has room for.
  public static let mapHashesMax = (Limits.frameBodyMax - 8) / 32
  /// Ranges in one HAVE: what a frame has room for.
  public static let haveRangesMax = (Limits.frameBodyMax - 34) / 8
  /// Blocks of the largest recording.
  public static let blocksMax = UInt32(Limits.recordingBytesMax / UInt64(Limits.blockBytes))
  /// Priorities of BLOCK_GET: 0 a person asked, 1 the newest recording, 2 the rest, 3 repair.
  public static let priorityMax: UInt8 = 3
}
