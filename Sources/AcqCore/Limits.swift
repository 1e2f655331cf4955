/// Every cap on what comes from outside, with its reason. A limit is checked before a length slices or allocates.
public enum Limits {
  /// One block of a recording: 32 B of map per MiB, 40 ms at 25 MB/s (protocol §5).
  public static let blockBytes = 1 << 20
  /// Largest recording accepted: 100 minutes at 10 GB a minute; its block map is 32 MiB.
  public static let recordingBytesMax: UInt64 = 1 << 40
  /// Largest ciphertext of a transport record (protocol §2).
  public static let recordCiphertextMax = 65_535
  /// Largest plaintext of a transport record: ciphertext minus the tag.
  public static let recordPlaintextMax = 65_519
  /// Largest body of a frame: a record minus the frame's header.
  public static let frameBodyMax = 65_515
  /// Largest raw payload of one DATA frame (protocol §3).
  public static let dataPayloadMax = 61_440
  /// Largest statement (protocol §3): fits a frame with its request id.
  public static let statementBytesMax = 60_000
  /// Longest name on the wire, in UTF-8 bytes (protocol §3).
  public static let nameBytesMax = 255
  /// Highest sequence number, exclusive (protocol §4): leaves room to add without overflow.
  public static let sequenceMax: UInt64 = 1 << 62
  /// Accepted authors, the node itself included (protocol §1): ROOTS fits one frame.
  public static let authorsMax = 512
  /// Statements kept of one author (protocol §4); above, the author is suspended.
  public static let statementsPerAuthorMax = 1_000_000
  /// Outstanding requests a direction (protocol §3).
  public static let requestsMax = 256
  /// Prefixes in one TREE_GET (protocol §3).
  public static let treeRequestsMax = 512
  /// Hashes in one STATEMENT_GET (protocol §3).
  public static let statementRequestsMax = 256
  /// Entries in a manifest leaf (protocol §4).
  public static let manifestLeafMax = 16
  /// Statements pushed from a mark before a walk is cheaper (protocol §4, step 2).
  public static let catchUpPushMax = 10_000
  /// Content ids in one HOLDING shard (protocol §4).
  public static let holdingShardMax = 1_800
  /// Half-open connections of a listener (protocol §2).
  public static let halfOpenMax = 256
  /// Requested and not yet received bytes a session, until windows follow the link's rate.
  public static let windowBytes = 2 << 20
  /// The `maxInflight` that HELLO offers, and its bounds (protocol §3).
  public static let inflightBytesMax: ClosedRange<UInt32> = 1 << 20...64 << 20
  /// Nesting of JSON and CBOR from outside: deeper input is an attack or a mistake, and recursion costs stack.
  public static let nestingMax = 64
  /// One MCAP record outside chunks, or one chunk, decompressed or not: what a writer of 2020s robots produces,
  /// with room; anything larger is read in pieces or refused, so that a lying length costs no memory.
  public static let mcapRecordBytesMax = 256 << 20
  /// Bytes staged in the ballast file, given up when a commit meets a full disk (protocol §9).
  public static let ballastBytes = 16 << 20
}
