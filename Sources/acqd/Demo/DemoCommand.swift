import AcqCore
import AcqSystem

/// `acqd demo`: three real nodes on loopback.
enum DemoCommand {
  static let demo = Command(
    CommandSpec(
      name: "demo", summary: "show the whole path: car, base and cloud on this machine",
      options: [
        OptionSpec(
          "data", .text, "DIR", "recordings to show, subdirectories too; without it a simulated car's"),
        OptionSpec.flag(
          "once", "end after everything arrived, was hashed and exported; exit 1 if anything is wrong"),
        OptionSpec("catalog", .text, "URI", "the cloud's catalog: sqlite (default) or mongodb://..."),
        OptionSpec(
          "mongodb", .text, "PROGRAM", "start this MongoDB-compatible server (secantusd-py) for the catalog"),
        OptionSpec.flag("keep", "keep the directory of the three nodes"),
      ],
      details:
        "Three processes with keys and state of their own, in a temporary directory; their pages' addresses are shown."
    )
  ) { arguments, program in
    var options = DemoOptions()
    options.data = arguments.text("data")
    options.isOnce = arguments.has("once")
    options.isKept = arguments.has("keep")
    options.catalog = arguments.text("catalog") ?? options.catalog
    options.mongoServer = arguments.text("mongodb")
    Signals.block()
    return DemoRun(options, program: "/proc/self/exe") { program.write($0 + "\n") }.run()
  }
}
