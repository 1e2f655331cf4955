package import AcqCore
import MCAP

/// What to simulate.
package struct SimulationOptions: Hashable, Sendable {
  /// Course, noise and all else: the same options give the same bytes.
  package var seed: UInt64 = 1
  /// Length of the recording; more than 0, at most `VehicleSimulator.durationSecondsMax`.
  package var durationSeconds = 60.0
  /// Log time of the first message, since 1970. A car without a clock begins near zero. Below 2^63.
  package var startNs: UInt64 = 1_777_640_400_000_000_000
  /// Whether power is lost in the middle of the last chunk, or record.
  package var isCutOff = false
  /// Whether messages go into zstd chunks; many recorders write without.
  package var isChunked = true
  /// The driver's name in the metadata record `setup`; none without.
  package var driver: String? = "Simulated Driver"

  /// The defaults.
  package init() {}
}

/// A car that drives laps, and its recorder.
package enum VehicleSimulator {
  /// Longest simulation: bounds time and size, and keeps nanoseconds exact in doubles.
  package static let durationSecondsMax = 86_400.0

  /// Writes one recording to `sink`. Deterministic; throws what `sink` throws.
  package static func simulate<Sink: ByteSink>(_ options: SimulationOptions, to sink: inout Sink) throws {
    precondition(
      options.durationSeconds > 0 && options.durationSeconds <= durationSecondsMax
        && options.startNs < 1 << 63, "who parses options checks them")
    var writerOptions = MCAPWriter<PowerSwitch<Sink>>.Options()
    writerOptions.library = "acqd simulator"
    writerOptions.isChunked = options.isChunked
    // The last thing written, which the power cut tears, is then a chunk and not one of its indexes.
    if options.isCutOff { writerOptions.parts = [] }
    var writer = try MCAPWriter(
      PowerSwitch(sink, holdsLastWrite: options.isCutOff), options: writerOptions)
    if let driver = options.driver {
      let fields = [
        MetadataField(key: "driver", value: driver), MetadataField(key: "event", value: "simulation"),
        MetadataField(key: "seed", value: String(options.seed)),
      ]
      try writer.addMetadata(Metadata(name: "setup", fields: fields))
    }
    try drive(options, &writer)
    if options.isCutOff {
      var power = writer.sink
      try power.cut()
      sink = power.sink
    } else {
      try writer.finish()
      sink = writer.sink.sink
    }
  }

  /// A topic on its way through time.
  private struct Speaker {
    let topic: VehicleTopic
    let channelID: UInt16
    let periodNs: UInt64
    var dueNs: UInt64
    var noise: SensorNoise
    var sequence: UInt32 = 0
  }

  private static func drive<Sink: ByteSink>(
    _ options: SimulationOptions, _ writer: inout MCAPWriter<PowerSwitch<Sink>>
  ) throws {
    var speakers = try makeSpeakers(options, &writer)
    let model = VehicleModel(seed: options.seed, durationSeconds: options.durationSeconds)
    let durationNs = UInt64(options.durationSeconds * 1e9)
    let setupBytes = writer.sizeBytes
    while let index = speakers.indices.min(by: { speakers[$0].dueNs < speakers[$1].dueNs }),
      speakers[index].dueNs < durationNs
    {
      let dueNs = speakers[index].dueNs
      var message = ProtobufWriter()
      speakers[index].topic.write(model.moment(Double(dueNs) / 1e9), &speakers[index].noise, &message)
      // A recorder stamps what it receives: a little late, never the same.
      let delayNs = UInt64(200_000 * speakers[index].noise.fraction())
      try writer.write(
        Message(
          channelID: speakers[index].channelID, sequence: speakers[index].sequence,
          logTimeNs: options.startNs + dueNs + delayNs, publishTimeNs: options.startNs + dueNs,
          data: message.bytes[...]))
      speakers[index].sequence += 1
      speakers[index].dueNs += speakers[index].periodNs
    }
    // A short recording has nothing on disk yet that power could be cut in.
    if options.isCutOff && writer.sizeBytes == setupBytes { try writer.flush() }
  }

  private static func makeSpeakers<Sink: ByteSink>(
    _ options: SimulationOptions, _ writer: inout MCAPWriter<PowerSwitch<Sink>>
  ) throws -> [Speaker] {
    let descriptors = VehicleSchema.file.descriptorSet
    return try VehicleTopic.all.enumerated().map { index, topic in
      let schema = try writer.addSchema(
        name: VehicleSchema.package + "." + topic.typeName, encoding: "protobuf", data: descriptors)
      let channel = try writer.addChannel(
        topic: topic.name, schemaID: schema, messageEncoding: "protobuf")
      let periodNs = 1_000_000_000 / UInt64(topic.hertz)
      return Speaker(
        topic: topic, channelID: channel, periodNs: periodNs, dueNs: periodNs * UInt64(index) / 16,
        noise: SensorNoise(seed: options.seed &* 1000 &+ UInt64(index)))
    }
  }
}
