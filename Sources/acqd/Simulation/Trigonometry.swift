/// Sine, cosine and angle from arithmetic alone, so that a seed gives the same recording on every machine: the C
/// library's differ in the last bit from one version to the next. Good to 1e-12.
enum Trigonometry {
  static let pi = Double.pi

  static func sin(_ angle: Double) -> Double {
    // To -pi...pi, then to -pi/2...pi/2, where the series converges fast.
    var x = angle - 2 * pi * (angle / (2 * pi)).rounded()
    if x > pi / 2 { x = pi - x } else if x < -pi / 2 { x = -pi - x }
    let square = x * x
    var term = x
    var sum = x
    for n in stride(from: 3.0, through: 21.0, by: 2.0) {
      term *= -square / (n * (n - 1))
      sum += term
    }
    return sum
  }

  static func cos(_ angle: Double) -> Double { sin(angle + pi / 2) }

  /// The direction of (x, y), -pi...pi.
  static func atan2(_ y: Double, _ x: Double) -> Double {
    if x == 0 && y == 0 { return 0 }
    if abs(y) > abs(x) { return (y > 0 ? pi / 2 : -pi / 2) - arctangent(x / y) }
    let angle = arctangent(y / x)
    return x > 0 ? angle : (y >= 0 ? angle + pi : angle - pi)
  }

  /// For -1...1: two halvings of the angle, then the series.
  private static func arctangent(_ tangent: Double) -> Double {
    var x = tangent
    for _ in 0..<2 { x /= 1 + (1 + x * x).squareRoot() }
    let square = x * x
    var power = x
    var sum = x
    for n in stride(from: 3.0, through: 23.0, by: 2.0) {
      power *= -square
      sum += power / n
    }
    return 4 * sum
  }
}
