/// Versions of the program and of what it keeps or speaks; their history is in Protocol/VERSIONS.md.
public enum Version {
  /// The program.
  public static let program = "0.1.0"
  /// The wire (protocol §3, HELLO).
  public static let protocolNumber: UInt16 = 1
  /// node.db's schema.
  public static let nodeDatabase = 1
  /// The catalog's schema, SQLite and MongoDB alike.
  public static let catalog = 1
}
