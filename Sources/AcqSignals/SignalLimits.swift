/// What decoding may cost, each with its reason.
public enum SignalLimits {
  /// Signals of one topic: real ones have up to 200; a schema that fans out further is a mistake or an
  /// attack.
  public static let signalsPerTopicMax = 16_384
  /// Signals of all topics that share one spill space: each needs a buffer of its own.
  public static let signalsMax = 65_536
  /// Nesting of message types: recursive ones are cut where a type meets itself, so that this is never
  /// reached by a schema that people wrote.
  public static let messageDepthMax = 32
  /// Elements that one message adds to one repeated signal: 8 MiB of doubles; a row this wide fits no table.
  public static let elementsPerMessageMax = 1 << 20
  /// Bytes that one message adds to repeated signals: two bytes of wire can stand for hundreds of defaults.
  public static let listBytesPerMessageMax = 32 << 20
  /// Values that wait in memory before they are spilled, over all signals of a spill space.
  public static let bufferedBytesMax = 24 << 20
  /// Rows that wait to be turned into columns, in 64-bit words, for one topic: 64 KiB stay in the
  /// second-level cache.
  static let blockWordsMax = 8_192
  /// Text and repeated values that wait in one topic before its rows are turned into columns.
  static let pendingBytesMax = 1 << 20
  /// Remarks kept of one topic: enough to explain it.
  static let notesMax = 32
}
