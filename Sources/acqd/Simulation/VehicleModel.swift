/// What the car does at one moment, without sensor noise.
struct VehicleMoment {
  /// What the car's drive is doing; numbers as in the schema.
  enum DriveState: UInt64 {
    case off = 0
    case precharge = 1
    case ready = 2
    case driving = 3
    case stopping = 4
  }

  let seconds: Double
  let state: DriveState
  let lap: Int
  let lapSeconds: Double
  let lapMetres: Double
  let x: Double
  let y: Double
  /// Radians, counter-clockwise from east.
  let heading: Double
  let speed: Double
  let acceleration: Double
  let yawRate: Double
  let curvature: Double
  /// Electrical, W.
  let power: Double
  /// Used so far, of the pack's energy.
  let discharge: Double

  var lateralAcceleration: Double { speed * yawRate }
  var accelerator: Double { state == .driving ? min(1, max(0, acceleration / 8 + 0.15)) : 0 }
  var brake: Double { min(1, max(0, -acceleration / 12 - 0.05)) }
  var packVoltage: Double { 403 - 60 * discharge - 0.11 * packCurrent }
  var packCurrent: Double { power / 390 }
}

/// A car that waits, drives laps and stops.
struct VehicleModel {
  private let track: Track
  private let startSeconds: Double
  private let drivingSeconds: Double
  private let rampSeconds: Double

  /// A car on the course of `seed` for `durationSeconds`.
  init(seed: UInt64, durationSeconds: Double) {
    track = Track(seed: seed)
    startSeconds = min(4, durationSeconds / 8)
    drivingSeconds = max(0.001, durationSeconds - startSeconds - min(2, durationSeconds / 16))
    rampSeconds = min(4, drivingSeconds / 3)
  }

  /// The car `seconds` after the recording began.
  func moment(_ seconds: Double) -> VehicleMoment {
    let driven = min(drivingSeconds, max(0, seconds - startSeconds))
    let left = drivingSeconds - driven
    // On the way in and out of motion the clock of the lap runs slower: `pace` of its full rate.
    let pace = min(1, min(driven, left) / rampSeconds)
    let paceChange =
      driven <= 0 || left <= 0 || pace >= 1 ? 0 : (driven < left ? 1 : -1) / rampSeconds
    let clock =
      if driven < rampSeconds {
        driven * driven / (2 * rampSeconds)
      } else if left < rampSeconds {
        drivingSeconds - rampSeconds - left * left / (2 * rampSeconds)
      } else {
        driven - rampSeconds / 2
      }
    let lap = (clock / track.lapSeconds).rounded(.down)
    let (point, acceleration) = track.position(clock - lap * track.lapSeconds)
    let speed = point.speed * pace
    let change = acceleration * pace * pace + point.speed * paceChange
    return VehicleMoment(
      seconds: seconds, state: state(seconds, driven: driven, left: left), lap: Int(lap),
      lapSeconds: point.time, lapMetres: point.distance, x: point.x, y: point.y, heading: point.heading,
      speed: speed, acceleration: change, yawRate: speed * point.curvature, curvature: point.curvature,
      power: max(-30_000, min(78_000, 260 * change * speed + 400 * speed)) + 180,
      discharge: min(1, clock / 1500))
  }

  private func state(_ seconds: Double, driven: Double, left: Double) -> VehicleMoment.DriveState {
    if left <= 0 { return .stopping }
    if driven > 0 { return .driving }
    if seconds < startSeconds / 4 { return .off }
    return seconds < startSeconds / 2 ? .precharge : .ready
  }
}
