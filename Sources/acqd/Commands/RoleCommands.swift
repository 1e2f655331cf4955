import AcqCore
import AcqDaemon
import AcqSystem

/// `acqd car`, `acqd base` and `acqd cloud`: run the daemon in that role.
enum RoleCommands {
  static let car = command(.car, "run on the car: seal what the recorder writes, and offload it")
  static let base = command(.base, "run the base station: pull from cars, relay to the cloud")
  static let cloud = command(.cloud, "run the cloud: keep everything, answer queries, export")

  private static func command(_ role: Role, _ summary: String) -> Command {
    Command(
      CommandSpec(
        name: role.name, summary: summary,
        options: [
          OptionSpec("config", .text, "FILE", "the configuration; without one the defaults hold"),
          OptionSpec("state", .text, "DIR", "the state directory; overrides the file"),
        ],
        details: """
          Pages and API are on port \(role.httpPort), peers dial port \(role.replicationPort), unless the file says otherwise.
          SIGTERM and SIGINT stop it within two seconds; SIGHUP reads cards and trust again.
          """)
    ) { arguments, program in try run(role, arguments, program) }
  }

  private static func run(_ role: Role, _ arguments: Arguments, _ program: Program) throws -> Int32 {
    // Before any thread is started, so that every thread leaves the signals to the wait below.
    Signals.block()
    var configuration: Configuration
    if let file = arguments.text("config") {
      configuration = try StateOptions.configuration(file, role: role, program)
    } else {
      configuration = Configuration(role: role, surroundings: program.surroundings)
    }
    if let state = arguments.text("state") { configuration.state = state }
    if let zone = configuration.timeZone { Clock.setTimeZone(zone) }
    let log = SystemLog.make(configuration.logLevel)
    let daemon = try Daemon(configuration, log: log)
    try daemon.start()
    while true {
      switch Signals.wait() {
      case .terminate, .interrupt:
        daemon.stop()
        return ExitStatus.success
      case .hangup:
        do { try daemon.reload() } catch { log.error("cards could not be read again", [.reason: "\(error)"]) }
      case .user1, .user2: break
      }
    }
  }
}
