import AcqCore
import AcqDaemon
import AcqSystem

/// The options of every command that works on a state directory, and how it is found.
struct StateOptions: Sendable {
  /// The state directory.
  let state: String
  /// The configuration, when a file was named.
  let configuration: Configuration?
  /// Files of cards beside `peers.d`.
  var team: [String] { configuration?.team ?? [] }

  private static let fileBytesMax = 1 << 20

  /// `--state`, `--config`, `--role`.
  static let specs = [
    OptionSpec("state", .text, "DIR", "the state directory"),
    OptionSpec("config", .text, "FILE", "the configuration that says where it is (with --role)"),
    OptionSpec("role", .choice(Role.allCases.map(\.name)), "ROLE", "whose default it is: car, base or cloud"),
  ]

  /// From the options, else the one default state directory that holds a key.
  static func find(_ arguments: Arguments, _ program: Program) throws -> StateOptions {
    let role = arguments.text("role").flatMap { Role(name: $0) }
    if let file = arguments.text("config") {
      guard let role else { throw UsageError("--config needs --role: what a file may say depends on it") }
      let configuration = try configuration(file, role: role, program)
      return StateOptions(state: arguments.text("state") ?? configuration.state, configuration: configuration)
    }
    if let state = arguments.text("state") { return StateOptions(state: state, configuration: nil) }
    if let role {
      let state = Configuration.defaultState(role: role, surroundings: program.surroundings)
      return StateOptions(state: state, configuration: nil)
    }
    return StateOptions(state: try onlyDefault(program.surroundings), configuration: nil)
  }

  /// Reads and checks a configuration file; relative paths in it start from its own directory.
  static func configuration(
    _ file: String, role: Role, _ program: Program
  ) throws -> Configuration {
    let bytes = try Files.readAll(file, limit: fileBytesMax)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw UsageError("\(file) is not text (UTF-8)")
    }
    var surroundings = program.surroundings
    let directory = Files.directory(of: file)
    if directory.hasPrefix("/") {
      surroundings.directory = directory
    } else if directory != "." {
      surroundings.directory += "/" + directory
    }
    return try Configuration.parse(text, file: file, role: role, surroundings: surroundings)
  }

  private static func onlyDefault(_ surroundings: Configuration.Surroundings) throws -> String {
    let candidates = Role.allCases.map { Configuration.defaultState(role: $0, surroundings: surroundings) }
    let distinct = candidates.enumerated().filter { candidates.firstIndex(of: $1) == $0 }.map(\.element)
    let used = distinct.filter { Files.exists(KeyFile.path(state: $0)) }
    guard used.count <= 1 else {
      throw UsageError(
        "there are several nodes here: \(used.joined(separator: ", "))", hint: "add --role or --state")
    }
    guard let state = used.first ?? (distinct.count == 1 ? distinct.first : nil) else {
      throw PeerBookMissing(directories: distinct)
    }
    return state
  }
}

/// No default state directory holds a key.
struct PeerBookMissing: Error, CustomStringConvertible, Hinted {
  let directories: [String]
  var description: String {
    "no node has an identity here (looked in \(directories.joined(separator: ", ")))"
  }
  var hint: String? { "acqd keygen --role ROLE --name NAME, or name a directory with --state" }
}
