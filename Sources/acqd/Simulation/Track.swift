import AcqCore

/// A closed course and the fastest way round it that the tyres allow, as tables.
struct Track {
  /// A point of the table.
  struct Point {
    var x = 0.0
    var y = 0.0
    var heading = 0.0
    /// Of the path, 1/m; positive to the left.
    var curvature = 0.0
    var speed = 0.0
    /// Seconds since the start of the lap.
    var time = 0.0
    /// Metres since the start of the lap.
    var distance = 0.0
  }

  private static let pointCount = 720
  private static let speedMax = 29.0
  private static let lateralMax = 15.0
  private static let accelerationMax = 8.0
  private static let brakingMax = 12.0

  private(set) var points: [Point] = []
  private(set) var lapSeconds = 0.0
  private(set) var lapMetres = 0.0

  /// The course of `seed`: an oval that harmonics bend.
  init(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let harmonics = (2...7).map { n in
      (
        n: Double(n), size: Double.random(in: -0.1...0.1, using: &random) / Double(n - 1).squareRoot(),
        phase: Double.random(in: 0...(2 * .pi), using: &random)
      )
    }
    points = (0..<Self.pointCount).map { index in
      let angle = 2 * .pi * Double(index) / Double(Self.pointCount)
      let bend = harmonics.reduce(1.0) { $0 + $1.size * Trigonometry.cos($1.n * angle + $1.phase) }
      return Point(x: 95 * bend * Trigonometry.cos(angle), y: 68 * bend * Trigonometry.sin(angle))
    }
    measure()
    limitSpeed()
    time()
  }

  private func next(_ index: Int) -> Int { (index + 1) % points.count }
  private func previous(_ index: Int) -> Int { (index + points.count - 1) % points.count }

  /// Metres from point `index` to the next.
  private func step(_ index: Int) -> Double {
    let (a, b) = (points[index], points[next(index)])
    return ((b.x - a.x) * (b.x - a.x) + (b.y - a.y) * (b.y - a.y)).squareRoot()
  }

  private mutating func measure() {
    for index in points.indices {
      let (a, b, c) = (points[previous(index)], points[index], points[next(index)])
      points[index].distance = lapMetres
      lapMetres += step(index)
      let (ux, uy, vx, vy) = (b.x - a.x, b.y - a.y, c.x - b.x, c.y - b.y)
      let (wx, wy) = (c.x - a.x, c.y - a.y)
      points[index].heading = Trigonometry.atan2(wy, wx)
      let sizes = (ux * ux + uy * uy) * (vx * vx + vy * vy) * (wx * wx + wy * wy)
      points[index].curvature = 2 * (ux * vy - uy * vx) / sizes.squareRoot()
    }
  }

  private mutating func limitSpeed() {
    for index in points.indices {
      let grip = (Self.lateralMax / max(abs(points[index].curvature), 1e-3)).squareRoot()
      points[index].speed = min(Self.speedMax, grip)
    }
    // Twice round, so that the limits reach over the start line.
    for index in (0..<2 * points.count).map({ $0 % points.count }) {
      let speed = points[index].speed
      let reachable = (speed * speed + 2 * Self.accelerationMax * step(index)).squareRoot()
      points[next(index)].speed = min(points[next(index)].speed, reachable)
    }
    for index in (0..<2 * points.count).reversed().map({ $0 % points.count }) {
      let speed = points[next(index)].speed
      let brakeable = (speed * speed + 2 * Self.brakingMax * step(index)).squareRoot()
      points[index].speed = min(points[index].speed, brakeable)
    }
  }

  private mutating func time() {
    for index in points.indices {
      points[index].time = lapSeconds
      lapSeconds += 2 * step(index) / (points[index].speed + points[next(index)].speed)
    }
  }

  /// Where the car is `seconds` into a lap, and how its speed changes there, in m/s².
  func position(_ seconds: Double) -> (point: Point, acceleration: Double) {
    var low = 0
    var high = points.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if points[middle].time <= seconds { low = middle } else { high = middle }
    }
    let (a, b) = (points[low], points[next(low)])
    let endSeconds = high < points.count ? b.time : lapSeconds
    let part = min(1, max(0, (seconds - a.time) / (endSeconds - a.time)))
    var turn = b.heading - a.heading
    turn -= 2 * .pi * (turn / (2 * .pi)).rounded()
    func between(_ x: Double, _ y: Double) -> Double { x + part * (y - x) }
    let point = Point(
      x: between(a.x, b.x), y: between(a.y, b.y), heading: a.heading + part * turn,
      curvature: between(a.curvature, b.curvature), speed: between(a.speed, b.speed), time: seconds,
      distance: between(a.distance, high < points.count ? b.distance : lapMetres))
    return (point, (b.speed - a.speed) / (endSeconds - a.time))
  }
}
