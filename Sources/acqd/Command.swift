import AcqDaemon

/// One thing that `acqd` does.
package struct Command: Sendable {
  package let spec: CommandSpec
  /// Does it; the exit status. Whatever it throws is printed, with status 1 (64 for a UsageError).
  package let run: @Sendable (Arguments, Program) throws -> Int32

  /// A command.
  package init(_ spec: CommandSpec, run: @escaping @Sendable (Arguments, Program) throws -> Int32) {
    self.spec = spec
    self.run = run
  }
}

/// Exit statuses of every command, unless its help says more.
package enum ExitStatus {
  package static let success: Int32 = 0
  package static let failure: Int32 = 1
  /// EX_USAGE of sysexits.h.
  package static let usage: Int32 = 64
}

/// Anything thrown that knows what a person can do.
package protocol Hinted {
  var hint: String? { get }
}

extension UsageError: Hinted {}
extension PeerBookError: Hinted {}

/// From words to an exit status.
package enum CommandLineRunner {
  /// Finds the command that `words` names and runs it.
  package static func run(_ words: [String], commands: [Command], program: Program) -> Int32 {
    do {
      return try dispatch(words, commands, program)
    } catch {
      program.writeError(message(error))
      return error is UsageError ? ExitStatus.usage : ExitStatus.failure
    }
  }

  private static func dispatch(_ words: [String], _ commands: [Command], _ program: Program) throws -> Int32 {
    guard let name = words.first else {
      program.writeError(Help.text(commands.map(\.spec)))
      return ExitStatus.usage
    }
    switch name {
    case "--version", "version":
      program.write(VersionText.text)
      return ExitStatus.success
    case "--help", "-h", "help":
      let topic = words.dropFirst().first
      guard let topic else {
        program.write(Help.text(commands.map(\.spec)))
        return ExitStatus.success
      }
      program.write(Help.text(try find(topic, commands).spec))
      return ExitStatus.success
    default:
      let command = try find(name, commands)
      let arguments = try Arguments.parse(Array(words.dropFirst()), for: command.spec)
      if arguments.wantsHelp {
        program.write(Help.text(command.spec))
        return ExitStatus.success
      }
      return try command.run(arguments, program)
    }
  }

  private static func find(_ name: String, _ commands: [Command]) throws -> Command {
    if let command = commands.first(where: { $0.spec.name == name }) { return command }
    let near = Spelling.nearest(to: name, among: commands.map(\.spec.name))
    throw UsageError(
      "acqd has no command \(name)", hint: near.map { "did you mean acqd \($0)?" } ?? "acqd --help")
  }

  /// `acqd: ` before every line of the error, then the hint.
  static func message(_ error: any Error) -> String {
    let lines = "\(error)".split(separator: "\n").map { "acqd: \($0)\n" }.joined()
    guard let hint = (error as? any Hinted)?.hint else { return lines }
    return lines + "hint: \(hint)\n"
  }
}
