import AcqCore
import AcqSystem

/// `acqd simulate`: writes a recording of a simulated car.
enum SimulateCommand {
  static let simulate = Command(
    CommandSpec(
      name: "simulate", summary: "write a recording of a simulated car", operands: "FILE",
      operandCount: 1...1,
      options: [
        OptionSpec("seconds", .text, "N", "how long it drives (default 20)"),
        OptionSpec("seed", .text, "N", "another drive (default 1)"),
        OptionSpec.flag("cut-off", "end as a power loss does: no footer"),
      ])
  ) { arguments, program in
    guard let path = arguments.operands.first else { throw UsageError("acqd simulate needs FILE") }
    let seconds = try number("seconds", arguments, default: 20)
    let seed = UInt64(try number("seed", arguments, default: 1))
    guard seconds > 0, seconds <= VehicleSimulator.durationSecondsMax else {
      throw UsageError("--seconds: between 0 and \(VehicleSimulator.durationSecondsMax)")
    }
    var sink = try FileSink(creating: path)
    var options = SimulationOptions()
    options.seed = seed
    options.durationSeconds = seconds
    options.startNs = Clock.wallNs()
    options.isCutOff = arguments.has("cut-off")
    try VehicleSimulator.simulate(options, to: &sink)
    try sink.sync()
    program.write("\(path): \(sink.sizeBytes) bytes\n")
    return ExitStatus.success
  }

  private static func number(_ name: String, _ arguments: Arguments, default standard: Double) throws
    -> Double
  {
    guard let text = arguments.text(name) else { return standard }
    guard let value = Double(text), value.isFinite, value >= 0, value < 1e15 else {
      throw UsageError("--\(name): `\(text)` is not a number")
    }
    return value
  }
}
