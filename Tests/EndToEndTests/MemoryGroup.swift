import Foundation
import TestSupport

/// A memory cgroup (version 1) of a test: what is started through `wrapper` may take so much and no more.
final class MemoryGroup {
  private static let root = "/sys/fs/cgroup/memory"
  private let path: String

  /// Whether this machine has such groups and this user may make them.
  static var isAvailable: Bool { FileManager.default.isWritableFile(atPath: root + "/cgroup.procs") }

  init(limitBytes: Int) throws {
    path = Self.root + "/acqd-test-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    try "\(limitBytes)".write(toFile: path + "/memory.limit_in_bytes", atomically: false, encoding: .utf8)
  }

  /// Words before a program's own: it starts in the group.
  var wrapper: [String] { ["/bin/sh", "-c", "echo $$ > \(path)/cgroup.procs && exec \"$@\"", "sh"] }

  /// How often the limit was met: the kernel then took back cache, or killed.
  var failCount: Int { read("memory.failcnt") }

  private func read(_ name: String) -> Int {
    let text = try? String(contentsOfFile: path + "/" + name, encoding: .utf8)
    return text.flatMap { Int($0.trimmingCharacters(in: .whitespacesAndNewlines)) } ?? -1
  }

  /// A group can go when its last process has gone.
  deinit { rmdir(path) }
}

extension TestNode {
  /// The most memory that was resident at once, in bytes.
  func peakBytes() throws -> Int { try memoryBytes("VmHWM") }
  /// Resident memory now, in bytes.
  func residentBytes() throws -> Int { try memoryBytes("VmRSS") }

  private func memoryBytes(_ field: String) throws -> Int {
    guard let pid = process?.pid else { throw TestSupportError("\(name) does not run") }
    let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix(field + ":") }),
      let kilobytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) })
    else { throw TestSupportError("no \(field)") }
    return kilobytes << 10
  }
}
