import Foundation
import TestSupport

/// Recordings made by the test itself, byte by byte, so that no code of ours judges itself.
struct TestRecording {
  /// Tells contents apart.
  var seed: UInt64 = 1
  /// Bytes of the one message.
  var messageBytes = 100
  /// Nanoseconds since 1970 of its log time.
  var logTimeNs: UInt64 = 1_750_000_000_000_000_000
  /// Whether it ends with DataEnd, Footer and the magic.
  var isClosed = false

  static let magic: [UInt8] = [0x89, 0x4D, 0x43, 0x41, 0x50, 0x30, 0x0D, 0x0A]

  /// The file's bytes.
  var bytes: [UInt8] {
    var file = Self.magic
    file += Self.record(0x01, Self.text("") + Self.text("test"))
    file += Self.record(
      0x03, Self.number(1, 2) + Self.text("Seed") + Self.text("jsonschema") + Self.text("{}"))
    let channel = Self.number(1, 2) + Self.number(1, 2) + Self.text("/seed") + Self.text("json")
    file += Self.record(0x04, channel + Self.number(0, 4))
    let times = Self.number(logTimeNs, 8) + Self.number(logTimeNs, 8)
    file += Self.record(0x05, Self.number(1, 2) + Self.number(0, 4) + times + message)
    guard isClosed else { return file }
    return file + Self.record(0x0F, Self.number(0, 4)) + Self.record(0x02, Self.number(0, 20)) + Self.magic
  }

  private var message: [UInt8] {
    let text = "{\"seed\": \(seed)}"
    return Array(text.utf8) + [UInt8](repeating: 0x20, count: max(0, messageBytes - text.utf8.count))
  }

  /// Writes it under `path`, whose directory is made; the file is closed when this returns.
  func write(_ path: String) throws {
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    let file = try OpenFile(path)
    try file.append(bytes)
  }

  /// Writes a recording of `blockCount` MiB, cut off, of records that no reader knows; no two blocks are alike and
  /// none holds a run of zeros.
  static func writeLarge(_ path: String, blockCount: Int, seed: UInt64) throws {
    let file = try OpenFile(path)
    let head = magic + record(0x01, text("") + text("test"))
    try file.append(head)
    var state = seed
    var noise = (0..<(1 << 20) / 8).flatMap { _ in number(next(&state) | 0x0101_0101_0101_0101, 8) }
    noise.removeLast(9)
    for block in 0..<blockCount {
      noise.replaceSubrange(0..<8, with: number(UInt64(block + 1) &* 0x9E37_79B9_7F4A_7C15, 8))
      // The last record is shorter by what the head took: a whole number of blocks.
      let size = block == blockCount - 1 ? noise.count - head.count : noise.count
      try file.append(record(0x80, Array(noise[..<size])))
    }
  }

  private static func next(_ state: inout UInt64) -> UInt64 {
    // splitmix64
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }

  private static func record(_ code: UInt8, _ content: [UInt8]) -> [UInt8] {
    [code] + number(UInt64(content.count), 8) + content
  }

  private static func text(_ text: String) -> [UInt8] {
    number(UInt64(text.utf8.count), 4) + Array(text.utf8)
  }

  /// Little-endian, as MCAP has it.
  private static func number(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { $0 < 8 ? UInt8(truncatingIfNeeded: value >> UInt64($0 * 8)) : 0 }
  }
}

/// A file that the test holds open for writing, as a recorder does. No child process inherits it.
final class OpenFile {
  private let descriptor: Int32

  /// Makes or empties the file at `path`.
  init(_ path: String) throws {
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw TestSupportError("\(path): \(String(cString: strerror(errno)))") }
  }

  /// A file that begins with `head` and is a hole after it.
  static func withHoles(_ path: String, head: [UInt8], sizeBytes: Int) throws {
    let file = try OpenFile(path)
    try file.append(head)
    try file.extend(to: sizeBytes)
  }

  /// Writes on.
  func append(_ bytes: [UInt8]) throws {
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { throw TestSupportError("write: \(String(cString: strerror(errno)))") }
      start += count
    }
  }

  /// Makes it so long, with a hole; 0 takes all bytes out again.
  func extend(to sizeBytes: Int) throws {
    guard ftruncate(descriptor, sizeBytes) == 0 else {
      throw TestSupportError("ftruncate: \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }
}

/// What stat says of a file.
struct FileFacts: Equatable {
  let inode: UInt64
  let linkCount: Int
  let sizeBytes: Int

  /// Nil where there is none.
  init?(_ path: String) {
    var facts = stat()
    guard stat(path, &facts) == 0 else { return nil }
    (inode, linkCount, sizeBytes) = (UInt64(facts.st_ino), Int(facts.st_nlink), Int(facts.st_size))
  }
}
