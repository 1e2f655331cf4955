import AcqCore

/// Caps of this room on what a recording may make a reader keep or do.
public enum MCAPLimits {
  /// Largest record that is read whole, and largest chunk, packed or unpacked.
  public static let recordBytesMax = Limits.mcapRecordBytesMax
  /// Largest record and chunk of a recording that a server scans or exports: several at once must fit a small machine,
  /// packed and unpacked. Writers make chunks of 1 to 16 MiB.
  public static let servedRecordBytesMax = 64 << 20
  /// Bytes read at once: large enough that calls cost nothing, small enough for a car.
  static let windowBytes = 1 << 20
  /// Bytes of all schemas and channels kept of one recording. HyTech's are 300 KB; a file that holds more than this
  /// is broken or hostile, and each one costs memory until its end.
  static let definitionBytesMax = 64 << 20
  /// Bytes of all Metadata records kept of one recording: forms filled in by people.
  static let metadataBytesMax = 4 << 20
  /// Metadata records and attachments listed of one recording.
  static let listedMax = 4096
  /// Problems told of one recording; the rest is counted.
  static let problemsMax = 32
  /// Chunks that a time range skipped and whose definitions may still be wanted: 1 TB of 1 MiB chunks has more
  /// messages than can be exported, and each costs 8 bytes.
  static let skippedChunksMax = 1 << 20
  /// Chunks with times (0, 0) that a probe looks into, to tell "no messages" from "messages of 1970".
  static let timelessChunksMax = 256
  /// Head of an attachment (times, name, media type) that is read; its data never is.
  static let attachmentHeadBytesMax = 4096
}
