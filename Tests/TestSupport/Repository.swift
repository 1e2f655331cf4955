import Foundation

/// Where things are in the checkout that this test program was built from.
public enum Repository {
  /// The directory with Package.swift.
  public static let root: String = {
    // Tests/TestSupport/Repository.swift is three levels down.
    var url = URL(fileURLWithPath: #filePath)
    for _ in 0..<3 { url.deleteLastPathComponent() }
    return url.path
  }()

  /// The absolute path of `relative` in the checkout.
  public static func path(_ relative: String) -> String { root + "/" + relative }

  /// The program `name` (such as `acqd`) of the same build as this test program.
  public static func product(_ name: String) throws -> String {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let path = URL(fileURLWithPath: own).deletingLastPathComponent().path + "/" + name
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw TestSupportError("no program \(path): build with `swift build --build-tests`")
    }
    return path
  }
}

/// The recordings and vectors that lie beside the checkout and are no part of it; nil where they are missing.
public enum SharedData {
  /// `../shared`.
  public static let root = existing(
    ProcessInfo.processInfo.environment["ACQD_SHARED"] ?? Repository.path("../shared"))
  /// Recordings: `real/` and `synthetic/`.
  public static let logs = root.flatMap { existing($0 + "/data/logs") }
  /// The MCAP project's conformance files, one directory a case.
  public static let conformance = root.flatMap { existing($0 + "/data/mcap-conformance") }
  /// The directory with Noise's `vectors.json`.
  public static let noise = root.flatMap { existing($0 + "/data/noise") }

  private static func existing(_ path: String) -> String? {
    FileManager.default.fileExists(atPath: path) ? path : nil
  }
}

/// Why the test's own equipment failed.
public struct TestSupportError: Error, CustomStringConvertible {
  /// One or more lines for people.
  public let description: String

  /// An error that says `description`.
  public init(_ description: String) { self.description = description }
}
