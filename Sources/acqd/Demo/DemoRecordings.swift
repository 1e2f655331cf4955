import AcqCore
import AcqCrypto
import AcqSystem

/// The recordings that the demo feeds to the car, and what must come of them.
struct DemoRecordings {
  /// Content id → one of the paths that have these bytes.
  private(set) var expected: [ContentID: String] = [:]
  /// Files that are no recordings, by their path below the recorder's directory.
  private(set) var refused: [String] = []

  private static let magic: [UInt8] = [0x89, 0x4D, 0x43, 0x41, 0x50, 0x30, 0x0D, 0x0A]
  private static let pieceBytes = 1 << 20

  /// Copies every file that ends in .mcap below `source` into `target`, subdirectories too.
  mutating func copy(from source: String, to target: String) throws {
    try Files.makeDirectories(target)
    for name in try Files.list(source).sorted() where !name.hasPrefix(".") {
      let path = "\(source)/\(name)"
      switch try Files.identity(path)?.kind {
      case .directory: try copy(from: path, to: "\(target)/\(name)")
      case .file where name.hasSuffix(".mcap"): try copyFile(path, to: "\(target)/\(name)")
      case .file, .symbolicLink, .other, nil: break
      }
    }
  }

  private mutating func copyFile(_ path: String, to target: String) throws {
    let source = try FileSource(path)
    let sink = try FileSink(creating: target)
    var digest = SHA256()
    var offset: UInt64 = 0
    var head: [UInt8] = []
    while offset < source.sizeBytes {
      let bytes = try source.read(at: offset, count: Self.pieceBytes)
      guard !bytes.isEmpty else { break }
      if offset == 0 { head = Array(bytes.prefix(Self.magic.count)) }
      digest.update(bytes)
      try sink.write(bytes[...])
      offset += UInt64(bytes.count)
    }
    if head == Self.magic {
      expected[digest.finalize(as: ContentID.self)] = path
    } else {
      refused.append(Files.name(of: path))
    }
  }

  /// A file that the demo made itself.
  mutating func add(_ path: String) throws { expected[try Self.contentID(of: path)] = path }

  /// The content ids of every file below `directory`, by hashing each of them.
  static func contentIDs(below directory: String) throws -> Set<ContentID> {
    var ids: Set<ContentID> = []
    for name in try Files.list(directory) where !name.hasPrefix(".") {
      let path = "\(directory)/\(name)"
      switch try Files.identity(path)?.kind {
      case .directory: ids.formUnion(try contentIDs(below: path))
      case .file: ids.insert(try contentID(of: path))
      case .symbolicLink, .other, nil: break
      }
    }
    return ids
  }

  private static func contentID(of path: String) throws -> ContentID {
    let source = try FileSource(path)
    var digest = SHA256()
    var offset: UInt64 = 0
    while true {
      let bytes = try source.read(at: offset, count: pieceBytes)
      guard !bytes.isEmpty else { break }
      digest.update(bytes)
      offset += UInt64(bytes.count)
    }
    return digest.finalize(as: ContentID.self)
  }
}
