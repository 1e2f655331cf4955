import AcqSystem

/// The drives of the demo's car.
enum DemoSimulation {
  /// Seconds of each drive: a few laps, and quick to make.
  private static let durationSeconds = 12.0

  /// Writes drive number `index` into `sink`.
  static func write(index: Int, isCutOff: Bool, to sink: FileSink) throws {
    var sink = sink
    let startNs = Clock.wallNs() - UInt64((3 - index) * 60) * 1_000_000_000
    var options = SimulationOptions()
    options.seed = UInt64(index + 1)
    options.durationSeconds = durationSeconds
    options.startNs = startNs
    options.isCutOff = isCutOff
    try VehicleSimulator.simulate(options, to: &sink)
    try sink.sync()
  }
}
