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
    let requirements = try String(contentsOfFile: Repository.path("Tests/requirements.txt"), encoding: .utf8)
    let stamp = directory + "/acqd-requirements.txt"
    let interpreter = directory + "/bin/python"
    // The lock lies outside of what it protects, since that is removed; .build is there while tests run.
    try FileManager.default.createDirectory(
      atPath: Repository.path(".build"), withIntermediateDirectories: true)
    let lock = open(Repository.path(".build/venv.lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard lock >= 0, flock(lock, LOCK_EX) == 0 else { throw TestSupportError("cannot lock .build/venv.lock") }
    defer { close(lock) }
    if (try? String(contentsOfFile: stamp, encoding: .utf8)) == requirements { return interpreter }

    try? FileManager.default.removeItem(atPath: directory)
    try must("python3", ["-m", "venv", directory], hint: "Debian: apt-get install python3-venv")
    try must(
      interpreter,
      [
        "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "-r",
        Repository.path("Tests/requirements.txt"),
      ], hint: "needs PyPI")
    // Written last: a half-made environment is made anew.
    try requirements.write(toFile: stamp, atomically: true, encoding: .utf8)
    return interpreter
  }

  private static func must(_ path: String, _ arguments: [String], hint: String) throws {
    let result = try TestProcess.run(path, arguments, seconds: 1200)
    guard result.status == 0 else {
      throw TestSupportError(
        "\(path) \(arguments.joined(separator: " ")) failed (\(hint)):\n\(result.errorText)\(result.text)")
    }
  }
}
