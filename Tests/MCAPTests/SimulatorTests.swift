import AcqCore
import Foundation
import MCAP
import TestSupport
import Testing
import acqd

@Suite struct SimulatorTests {
  /// Decodes every message with PyPI's `mcap-protobuf-support` and tells what a person would look for.
  static let judge = """
    import sys
    from mcap.reader import make_reader
    from mcap_protobuf.decoder import DecoderFactory
    reader = make_reader(open(sys.argv[1], 'rb'), validate_crcs=True, decoder_factories=[DecoderFactory()])
    counts, lat, lon, states, laps, cells, cones, speeds, rpm = {}, [], [], set(), set(), set(), 0, [], []
    for schema, channel, message, m in reader.iter_decoded_messages():
      counts[channel.topic] = counts.get(channel.topic, 0) + 1
      if channel.topic == 'gps': lat.append(m.lat_deg); lon.append(m.lon_deg); speeds.append(m.speed_ms)
      if channel.topic == 'vehicle_state':
        states.add(m.DESCRIPTOR.fields_by_name['state'].enum_type.values_by_number[m.state].name)
        laps.add(m.lap)
      if channel.topic == 'pack': cells.add((len(m.cell_v), len(m.cell_temp_c))); cell = m.cell_v[3]
      if channel.topic == 'cones': cones += len(m.cones)
      if channel.topic == 'cones' and m.cones: assert m.cones[0].color == 1 and m.cones[0].position_m.x > 1
      if channel.topic == 'imu': az = m.accel_mss.z
      if channel.topic == 'wheel_speeds': rpm.append(m.rpm.FL)
    assert 42.06 < min(lat) < max(lat) < 42.07 and -84.25 < min(lon) < max(lon) < -84.23
    assert 15 < max(speeds) < 30.5 and max(rpm) < 1500 and 3 < cell < 5 and 8 < az < 11
    print(sum(counts.values()), ' '.join(f'{k}={v}' for k, v in sorted(counts.items())))
    print(sorted(states), sorted(laps), sorted(cells), cones > 10)
    for m in reader.iter_metadata(): print(m.name, m.metadata)
    """

  func make(_ change: (inout SimulationOptions) -> Void = { _ in }) throws -> MemoryBytes {
    var options = SimulationOptions()
    change(&options)
    var sink = MemoryBytes()
    try VehicleSimulator.simulate(options, to: &sink)
    return sink
  }

  @Test(
    "another implementation decodes laps, states, nested and repeated messages", arguments: [true, false])
  func decoded(isChunked: Bool) throws {
    let source = try make {
      $0.durationSeconds = 45
      $0.isChunked = isChunked
    }
    let directory = try TemporaryDirectory()
    let path = directory.path + "/simulated.mcap"
    try Data(source.bytes).write(to: URL(fileURLWithPath: path))
    let lines = try PythonTools.run(Self.judge, [path]).split(separator: "\n").map(String.init)
    let counts = "cones=450 drivetrain=22500 gps=1125 imu=36000 pack=900 pedals=22500"
    #expect(lines[0] == "119475 \(counts) steering=11250 vehicle_state=2250 wheel_speeds=22500")
    #expect(lines[1].contains("DRIVE_DRIVING', 'DRIVE_OFF', 'DRIVE_PRECHARGE', 'DRIVE_READY"))
    #expect(lines[1].hasSuffix("[0, 1] [(84, 21)] True"), "\(lines[1])")
    #expect(lines[2] == "setup {'driver': 'Simulated Driver', 'event': 'simulation', 'seed': '1'}")
    let summary = try RecordingSummary.scan(source)
    #expect(summary.messageCount == 119_475 && summary.problems == [] && !summary.isCutOff)
  }

  @Test("the same options give the same bytes, another seed others")
  func deterministic() throws {
    let bytes = try make { $0.durationSeconds = 2 }.bytes
    #expect(try make { $0.durationSeconds = 2 }.bytes == bytes)
    #expect(
      try make {
        $0.durationSeconds = 2
        $0.seed = 2
      }.bytes != bytes)
  }

  @Test(
    "a power cut leaves a recording that breaks off, with its messages", arguments: [true, false], [3.0, 20])
  func cutOff(isChunked: Bool, seconds: Double) throws {
    let source = try make {
      $0.durationSeconds = seconds
      $0.isChunked = isChunked
      $0.isCutOff = true
      $0.startNs = 0
    }
    let summary = try RecordingSummary.scan(source)
    #expect(summary.isCutOff && summary.problems == [])
    #expect(summary.topics.count == 9)
    #expect(Double(summary.messageCount) > 2655 * seconds / 3)
    #expect(try probe(source, pieceBytes: 1 << 16).endNs == summary.endNs)
  }

  @Test("very short and very long cars work")
  func extremes() throws {
    for seconds in [0.001, 0.5] {
      let summary = try RecordingSummary.scan(try make { $0.durationSeconds = seconds })
      #expect(summary.messageCount > 0)
    }
  }
}
