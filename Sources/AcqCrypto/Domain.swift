/// P(s) of the protocol: the text that each kind of hash and signature begins with, so that none can be taken
/// for another. Exactly one SHA-256 block.
public enum Domain {
  /// Bytes of every prefix.
  public static let byteCount = 64

  /// ASCII `text`, padded with zero bytes to 64.
  public static func prefix(_ text: String) -> [UInt8] {
    let bytes = Array(text.utf8)
    precondition(
      bytes.count <= byteCount && bytes.allSatisfy { $0 < 128 }, "a domain is at most 64 ASCII bytes")
    return bytes + [UInt8](repeating: 0, count: byteCount - bytes.count)
  }

  /// Node ids (protocol §1).
  public static let node = prefix("acqd/1 node")
  /// What an author signs (protocol §4).
  public static let statement = prefix("acqd/1 statement")
  /// Statement hashes (protocol §4).
  public static let statementHash = prefix("acqd/1 statement hash")
  /// Register keys (protocol §4).
  public static let register = prefix("acqd/1 register")
  /// Leaves of an author's tree (protocol §4).
  public static let manifestLeaf = prefix("acqd/1 manifest leaf")
  /// Inner nodes of an author's tree (protocol §4).
  public static let manifestNode = prefix("acqd/1 manifest node")
  /// Roots of an author (protocol §4).
  public static let manifestAuthor = prefix("acqd/1 manifest author")
  /// Roots of a manifest (protocol §4).
  public static let manifestRoot = prefix("acqd/1 manifest root")
  /// Blocks of a recording (protocol §5).
  public static let fileBlock = prefix("acqd/1 file block")
  /// Inner nodes of a block map (protocol §5).
  public static let fileNode = prefix("acqd/1 file node")
  /// Roots of a block map (protocol §5).
  public static let fileRoot = prefix("acqd/1 file root")
  /// Ids of open recordings (protocol §6).
  public static let open = prefix("acqd/1 open")
}
