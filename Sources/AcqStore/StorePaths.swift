import AcqCore

/// Where things are, below the store's directory (protocol §9).
enum StorePaths {
  static let staging = "staging"
  static let objects = "objects"
  static let recordings = "recordings"
  static let trash = "trash"
  static let cache = "cache"
  static let ballast = "ballast"
  static let marker = "objects/.volume"
  static let suffix = ".mcap"

  /// The 256 directories of objects/.
  static let shards: [String] = (0...255).map { "\(objects)/\(Hex.encode([UInt8($0)]))" }

  static func shard(_ id: ContentID) -> String { "\(objects)/\(Hex.encode([id[0]]))" }
  static func object(_ id: ContentID) -> String { "\(shard(id))/\(id.hex)\(suffix)" }
  static func part(_ id: ContentID) -> String { "\(staging)/\(id.hex)" }

  /// The content id that a name in objects/ab stands for; nil for anything that the store did not put there.
  static func id(ofObject name: String, inShard shard: String) -> ContentID? {
    guard name.utf8.count == 64 + suffix.utf8.count, name.hasSuffix(suffix),
      let id = ContentID(hex: name.dropLast(suffix.count)), id.hex + suffix == name,
      StorePaths.shard(id) == shard
    else { return nil }
    return id
  }

  /// The content id that a name in staging/ stands for.
  static func id(ofPart name: String) -> ContentID? {
    guard let id = ContentID(hex: name), id.hex == name else { return nil }
    return id
  }
}
