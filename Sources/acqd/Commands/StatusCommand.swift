import AcqCore
import AcqDaemon
import AcqHTTP
import AcqPages
import AcqSystem

/// `acqd status`: the sync gaps, from the running daemon or, without one, from the state directory.
enum StatusCommand {
  /// In sync.
  private static let inSync: Int32 = 0
  /// A gap is known.
  private static let gaps: Int32 = 1
  /// No contact for too long to know, or nothing could be asked: a script must not take an error for a gap.
  private static let cannotTell: Int32 = 2
  /// How often `--watch` looks.
  private static let watchPeriod = Duration.seconds(1)

  static let status = Command(
    CommandSpec(
      name: "status", summary: "show the sync gaps of every node known",
      options: StateOptions.specs + [
        OptionSpec.flag("recordings", "every recording too"), OptionSpec.flag("json", "as JSON"),
        OptionSpec.flag("watch", "again every second, until interrupted"),
      ],
      details: """
        Works against the running daemon and, without one, from the state directory.
        Exit status: 0 in sync, 1 gaps (or a full disk), 2 cannot tell (also: no identity here, or no answer).
        """)
  ) { arguments, program in
    do { return try run(arguments, program) } catch let error as UsageError { throw error } catch {
      program.writeError(CommandLineRunner.message(error))
      return cannotTell
    }
  }

  private static func run(_ arguments: Arguments, _ program: Program) throws -> Int32 {
    let options = try StateOptions.find(arguments, program)
    guard arguments.has("watch") else { return show(try report(options), arguments, program) }
    while true {
      let report = try report(options)
      if !arguments.has("json") { program.write("\u{1B}[H\u{1B}[2J") }
      _ = show(report, arguments, program)
      Clock.sleep(watchPeriod)
    }
  }

  private static func show(_ report: StatusReport, _ arguments: Arguments, _ program: Program) -> Int32 {
    let text =
      arguments.has("json")
      ? StatusJSON.encode(report).text
      : StatusText.render(report, showsRecordings: arguments.has("recordings"))
    program.write(text + "\n")
    switch report.state {
    case .inSync: return inSync
    case .gaps, .diskFull: return gaps
    case .cannotTell: return cannotTell
    }
  }

  private static func report(_ options: StateOptions) throws -> StatusReport {
    let socket = "\(options.state)/acqd.sock"
    if Files.exists(socket) {
      do {
        let response = try HTTPClient(unixSocket: socket).get("/api/v1/status", timeoutSeconds: 10)
        if response.status == 200 { return try StatusJSON.decode(response.body) }
        throw DaemonError("the daemon answered \(response.status)")
      } catch let error as HTTPError where error.kind == .unreachable {
        // A daemon that was killed leaves its socket behind.
      }
    }
    return try OfflineStatus.report(
      state: options.state, team: options.team, name: options.configuration?.name)
  }
}
