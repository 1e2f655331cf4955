import AcqCore
import AcqSystem

/// One question that is measured.
struct Benchmark: Sendable {
  let name: String
  /// What is asked, of which input, beside which floor.
  let question: String
  let run: @Sendable (Report) throws -> Void
}

/// Prints figures: what was measured, five times or more, as minimum, median and maximum.
final class Report {
  /// Runs of every measurement.
  static let runs = 5

  /// Seconds of `Report.runs` runs, ascending.
  func times(runs: Int = Report.runs, _ body: () throws -> Void) rethrows -> [Double] {
    var seconds: [Double] = []
    for _ in 0..<runs {
      let start = Clock.monotonic()
      try body()
      seconds.append((Clock.monotonic() - start).inSeconds)
    }
    return seconds.sorted()
  }

  /// One line: `what: median (min … max)`, with a rate when the work has bytes or items.
  @discardableResult
  func line(_ what: String, _ seconds: [Double], bytes: Int = 0, items: Int = 0) -> Double {
    let median = seconds[seconds.count / 2]
    var text = "  \(what): \(Self.number(median * 1000)) ms"
    text += " (\(Self.number((seconds.first ?? 0) * 1000)) … \(Self.number((seconds.last ?? 0) * 1000)))"
    if bytes > 0 { text += ", \(Self.number(Double(bytes) / median / 1e6)) MB/s" }
    if items > 0 { text += ", \(Self.number(Double(items) / median)) /s" }
    say(text)
    return median
  }

  /// A ratio and the target that the project set itself; reported, never a failure.
  func ratio(_ what: String, _ value: Double, target: String? = nil) {
    say("  => \(what): \(Self.number(value))" + (target.map { " (target \($0))" } ?? ""))
  }

  func say(_ text: String) { print(text) }

  /// Three significant digits.
  static func number(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return "\(value)" }
    let magnitude = abs(value)
    let digits = magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : magnitude >= 1 ? 2 : 3
    let scale = [1.0, 10, 100, 1000][digits]
    let rounded = (value * scale).rounded() / scale
    return digits == 0 ? "\(Int(rounded))" : "\(rounded)"
  }
}

/// A directory for one benchmark, gone afterwards.
final class Workspace {
  let path: String

  init(_ name: String) throws {
    path = "/tmp/acqd-bench-\(name)-\(Clock.wallMs())"
    try Files.makeDirectories(path, permissions: 0o700)
  }

  deinit { try? Files.removeTree(path) }

  /// Runs a program to its end; what it printed, or nil when it is not there or failed.
  func output(_ program: String, _ arguments: [String]) -> String? {
    guard
      let found = ["/usr/bin/", "/bin/", "/usr/sbin/", ""].map({ $0 + program }).first(where: Files.exists),
      let process = try? ChildProcess(found, arguments, outputPath: "\(path)/output")
    else { return nil }
    defer { _ = try? Files.unlink("\(path)/output") }
    guard process.wait() == 0, let bytes = try? Files.readAll("\(path)/output", limit: 1 << 24) else {
      return nil
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
