import AcqCore

/// One topic of the simulated car: how often it speaks, and what it says.
struct VehicleTopic: Sendable {
  let name: String
  let typeName: String
  let hertz: Int
  let write: @Sendable (VehicleMoment, inout SensorNoise, inout ProtobufWriter) -> Void
}

/// Noise of one topic's sensors, in order of use.
struct SensorNoise {
  private var random: SeededRandom

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// Bell-shaped around zero.
  mutating func around(_ deviation: Double) -> Double {
    // Four uniform numbers: near enough to normal, and the same on every machine.
    let sum = (0..<4).reduce(0.0) { total, _ in total + Double(random.next() >> 11) * 0x1p-53 }
    return (sum - 2) * 1.732 * deviation
  }

  /// Uniform in 0..<1.
  mutating func fraction() -> Double { Double(random.next() >> 11) * 0x1p-53 }
}

extension VehicleTopic {
  private static let cellCount = 84
  private static let wheelMetres = 0.2032
  private static let halfTrackMetres = 0.6
  private static let originLatitude = 42.0667
  private static let originLongitude = -84.2417

  /// All topics: some 2,700 messages a second.
  static let all: [VehicleTopic] = [
    VehicleTopic(name: "imu", typeName: "Imu", hertz: 800, write: imu),
    VehicleTopic(name: "gps", typeName: "Gps", hertz: 25, write: gps),
    VehicleTopic(name: "wheel_speeds", typeName: "WheelSpeeds", hertz: 500, write: wheelSpeeds),
    VehicleTopic(name: "pedals", typeName: "Pedals", hertz: 500, write: pedals),
    VehicleTopic(name: "steering", typeName: "Steering", hertz: 250, write: steering),
    VehicleTopic(name: "drivetrain", typeName: "Drivetrain", hertz: 500, write: drivetrain),
    VehicleTopic(name: "pack", typeName: "Pack", hertz: 20, write: pack),
    VehicleTopic(name: "vehicle_state", typeName: "VehicleState", hertz: 50, write: vehicleState),
    VehicleTopic(name: "cones", typeName: "Cones", hertz: 10, write: cones),
  ]

  private static func vector(_ x: Double, _ y: Double, _ z: Double) -> (inout ProtobufWriter) -> Void {
    { writer in
      writer.float(1, x)
      writer.float(2, y)
      writer.float(3, z)
    }
  }

  private static func imu(_ car: VehicleMoment, _ noise: inout SensorNoise, _ writer: inout ProtobufWriter) {
    writer.unsigned(1, UInt64(car.seconds * 1e9))
    writer.message(
      2,
      vector(
        car.acceleration + noise.around(0.15), car.lateralAcceleration + noise.around(0.15),
        9.81 + noise.around(0.2)))
    writer.message(3, vector(noise.around(0.01), noise.around(0.01), car.yawRate + noise.around(0.01)))
  }

  private static func gps(_ car: VehicleMoment, _ noise: inout SensorNoise, _ writer: inout ProtobufWriter) {
    let metresPerDegree = 111_320.0
    let shrink = Trigonometry.cos(originLatitude * .pi / 180)
    writer.double(1, originLatitude + (car.y + noise.around(0.02)) / metresPerDegree)
    writer.double(2, originLongitude + (car.x + noise.around(0.02)) / (metresPerDegree * shrink))
    writer.float(3, 281 + noise.around(0.1))
    writer.float(4, max(0, car.speed + noise.around(0.03)))
    // Navigation counts clockwise from north.
    let degrees = 90 - car.heading * 180 / .pi
    writer.float(5, degrees - 360 * (degrees / 360).rounded(.down))
    writer.unsigned(6, UInt64(14 + 3 * noise.fraction()))
    writer.bool(7, true)
  }

  private static func wheelSpeeds(
    _ car: VehicleMoment, _ noise: inout SensorNoise, _ writer: inout ProtobufWriter
  ) {
    let perMetre = 60 / (2 * .pi * wheelMetres)
    let left = (car.speed - car.yawRate * halfTrackMetres) * perMetre
    let right = (car.speed + car.yawRate * halfTrackMetres) * perMetre
    writer.message(1) { corners in
      for (number, rpm) in zip(1..., [left, right, left, right]) {
        corners.float(number, car.speed > 0 ? rpm + noise.around(1.5) : 0)
      }
    }
  }

  private static func pedals(
    _ car: VehicleMoment, _ noise: inout SensorNoise, _ writer: inout ProtobufWriter
  ) {
    let accelerator = min(100, max(0, 100 * car.accelerator + noise.around(0.2)))
    writer.float(1, accelerator)
    writer.float(2, min(100, max(0, 100 * car.brake + noise.around(0.2))))
    writer.bool(3, car.brake > 0.02)
    writer.unsigned(4, UInt64(400 + accelerator * 25))
  }

  private static func steering(
    _ car: VehicleMoment, _ noise: inout SensorNoise, _ writer: inout ProtobufWriter
  ) {
    let degrees = 360 * car.curvature + noise.around(0.1)
    writer.float(1, degrees)
    writer.zigzag(2, Int64(degrees * 45))
  }

  private static func drivetrain(
    _ car: VehicleMoment, _ noise: inout SensorNoise, _ writer: inout ProtobufWriter
  ) {
    let torque = car.state == .driving ? 260 * car.acceleration * wheelMetres / 4 : 0
    writer.message(1) { corners in
      for number in 1...4 { corners.float(number, torque + (torque == 0 ? 0 : noise.around(0.3))) }
    }
    writer.float(2, car.power + noise.around(20))
  }

  private static func pack(_ car: VehicleMoment, _ noise: inout SensorNoise, _ writer: inout ProtobufWriter) {
    writer.unsigned(1, car.state == .off ? 0 : 1)
    writer.float(2, car.packVoltage)
    writer.float(3, car.packCurrent + noise.around(0.2))
    writer.float(4, 100 * (1 - car.discharge))
    let cell = car.packVoltage / Double(cellCount)
    writer.floats(5, (0..<cellCount).map { cell - 0.0002 * Double($0 % 7) + noise.around(0.001) })
    writer.floats(6, (0..<cellCount / 4).map { 28 + 20 * car.discharge + 0.1 * Double($0 % 5) })
  }

  private static func vehicleState(
    _ car: VehicleMoment, _ noise: inout SensorNoise, _ writer: inout ProtobufWriter
  ) {
    writer.unsigned(1, car.state.rawValue)
    writer.bool(2, car.state == .ready || car.state == .driving)
    writer.unsigned(3, UInt64(car.lap))
    writer.double(4, car.lapSeconds)
    writer.float(5, car.lapMetres)
    writer.text(6, "Simulated Driver")
  }

  private static func cones(
    _ car: VehicleMoment, _ noise: inout SensorNoise, _ writer: inout ProtobufWriter
  ) {
    writer.unsigned(1, UInt64(car.seconds * 1e6))
    let count = Int(2 + 6 * noise.fraction())
    for index in 0..<count {
      let side: Double = index % 2 == 0 ? 1.5 : -1.5
      let ahead = 3 + 4 * Double(index / 2) + noise.around(0.05)
      writer.message(2) { cone in
        cone.message(1, vector(ahead, side + car.curvature * ahead * ahead / 2, 0))
        cone.unsigned(2, index % 2 == 0 ? 1 : 2)
      }
    }
  }
}
