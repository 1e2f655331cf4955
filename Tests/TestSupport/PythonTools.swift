import Foundation

/// Programs in Python that judge ours: other implementations of the same formats, from Tests/requirements.txt.
public enum PythonTools {
  /// The interpreter of `.venv`, made once and again whenever Tests/requirements.txt changed.
  public static var python: String { get throws { try made.get() } }

  /// A program that one of the packages installed, such as `secantusd-py`.
  public static func program(_ name: String) throws -> String {
    let path = directory + "/bin/" + name
    _ = try python
    guard FileManager.default.isExecutableFile(atPath: path) else {
      throw TestSupportError("Tests/requirements.txt installs no program \(name)")
    }
    return path
  }

  /// Runs a program (a path ending in .py, relative to the repository, or the text itself) to its end.
  /// Returns its standard output; throws with its standard error when it fails.
  @discardableResult public static func run(
    _ script: String, _ arguments: [String] = [], input: [UInt8] = []
  ) throws -> String {
    String(decoding: try runBytes(script, arguments, input: input), as: UTF8.self)
  }

  /// Like `run`, but returns the bytes.
  public static func runBytes(
    _ script: String, _ arguments: [String] = [], input: [UInt8] = []
  ) throws -> [UInt8] {
    let isFile = script.hasSuffix(".py") && !script.contains("\n")
    let file = isFile && !script.hasPrefix("/") ? Repository.path(script) : script
    let program = (isFile ? [file] : ["-c", script]) + arguments
    let result = try TestProcess.run(try python, program, input: input)
    guard result.status == 0 else {
      throw TestSupportError("python ended with \(result.status):\n\(result.errorText)")
    }
    return result.output
  }

  private static let directory = Repository.path(".venv")
  private static let made = Result<String, any Error> { try makeOnce() }

  private static func makeOnce() throws -> String {
    // The script takes the lock: it makes the same environment for the demo's MongoDB.
    let result = try TestProcess.run(Repository.path("config/dev"), ["python"], seconds: 1200)
    guard result.status == 0 else { throw TestSupportError("config/dev python failed:\n\(result.errorText)") }
    return result.text.trimmingCharacters(in: .newlines)
  }
}
