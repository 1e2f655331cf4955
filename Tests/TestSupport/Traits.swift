import Foundation
public import Testing

// Every reason has the form `needs <thing>: …`; .ci/run compares <thing> with the first words of Tests/skips.txt.

extension Trait where Self == ConditionTrait {
  /// Skipped where the recordings beside the checkout are missing.
  public static var needsShared: Self {
    .enabled(if: SharedData.root != nil, "needs shared: no ../shared beside the checkout")
  }

  /// Skipped for other users than root.
  public static var needsRoot: Self { .enabled(if: geteuid() == 0, "needs root: not run as root") }

  /// Skipped where the program `name` is not installed.
  public static func needsTool(_ name: String) -> Self {
    .enabled(if: Tools.path(name) != nil, "needs \(name): not installed")
  }
}

/// Programs that tests call and that Debian packages install.
public enum Tools {
  /// The path of `name` in PATH or in the administrator's directories, nil where it is not installed.
  public static func path(_ name: String) -> String? {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let directories = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin", "/usr/bin"]
    return directories.map { $0 + "/" + name }.first { FileManager.default.isExecutableFile(atPath: $0) }
  }

  /// Like `path`, but throws where `name` is missing: for tests with the trait `needsTool`.
  public static func require(_ name: String) throws -> String {
    guard let found = path(name) else { throw TestSupportError("\(name) is not installed") }
    return found
  }
}
