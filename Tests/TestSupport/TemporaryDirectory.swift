import Foundation

/// An empty directory of one test, removed with everything in it when the value ends.
public struct TemporaryDirectory: ~Copyable {
  /// Its absolute path.
  public let path: String

  /// Makes it in the system's directory for temporary files.
  public init() throws { try self.init(in: NSTemporaryDirectory()) }

  /// Makes it under `parent`, for tests that need a certain filesystem.
  public init(in parent: String) throws {
    let url = URL(fileURLWithPath: parent).appendingPathComponent("acqd-test-" + UUID().uuidString)
    try FileManager.default.createDirectory(
      at: url, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    path = url.path
  }

  deinit {
    // A leftover in the temporary directory is no reason to fail a test.
    try? FileManager.default.removeItem(atPath: path)
  }
}
