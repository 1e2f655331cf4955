import AcqCore
import Foundation
import TestSupport
import Testing

/// Nodes that die inside a system call: `strace` sends SIGKILL at the n-th one of a kind (`when` counts per thread).
@Suite("End to end: killed at a system call") struct SystemCallTests {
  /// A kind of call, and which one of a thread is the last.
  private struct Point {
    let calls: String
    let number: Int
  }

  private static func points(_ calls: String, _ numbers: Int...) -> [Point] {
    numbers.map { Point(calls: calls, number: $0) }
  }

  private static let basePoints =
    points("rename,renameat,renameat2", 1, 2) + points("fsync", 1, 2, 3, 5) + points("fdatasync", 1, 2, 4)
    + points("link,linkat", 1, 2) + points("pwrite64", 1, 3, 6) + points("unlink,unlinkat", 1)
  private static let carPoints =
    points("fsync", 1, 2, 3, 5) + points("fdatasync", 1, 2, 3) + points("link,linkat", 1, 2)
    + points("pwrite64", 1, 4) + points("unlink,unlinkat", 1)

  /// New recordings before each life: a thread that does one thing twice needs work for it.
  private static let recordingsPerLife = 3

  /// Lets `node` work under strace until it dies there; a call that never came is passed over when all is held.
  private func die(_ node: TestNode, at point: Point, doneWhenHolding count: Int) throws -> Bool {
    let words = [
      try Tools.require("strace"), "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e",
      "trace=\(point.calls)", "-e", "inject=\(point.calls):signal=SIGKILL:when=\(point.number)",
    ]
    try node.start(wrapper: words)
    try waitUntil("\(node.name) dies at \(point.calls) \(point.number), or is done", seconds: 60) {
      !node.isRunning || (try? node.status().held) == count
    }
    // It may still die while it stops.
    let hasDied = try !node.isRunning || node.stop().status != 0
    node.kill()
    return hasDied
  }

  /// I1 and I2: what the newest committed receipt lists is there, whole. `status` reads it from node.db alone.
  private func expectProvable(_ node: TestNode) throws {
    let answer = try node.command("status", "--json")
    let held = TestStatus(try JSON(parsing: answer.text)).held
    let objects = try node.objectIDs().count
    #expect(held <= objects, "\(node.name): the receipt lists \(held), there are \(objects)")
    #expect(try node.wrongFiles() == [])
  }

  /// One life of `node` for each point; what it died at.
  private func live(
    _ node: TestNode, _ points: [Point], car: TestNode, messageBytes: Int, seed: Int
  ) throws -> [String] {
    var deaths: [String] = []
    for (index, point) in points.enumerated() {
      for number in 0..<Self.recordingsPerLife {
        let content = index * Self.recordingsPerLife + number
        try TestRecording(seed: UInt64(seed + content), messageBytes: messageBytes, isClosed: true)
          .write(car.incoming + "/\(content).mcap")
      }
      let count = (index + 1) * Self.recordingsPerLife
      if car !== node { try waitUntil("the car sealed them", seconds: 60) { try car.status().held == count } }
      if try die(node, at: point, doneWhenHolding: count) { deaths.append("\(point.calls) \(point.number)") }
      try expectProvable(node)
    }
    print("\(node.name) died at \(deaths)")
    return deaths
  }

  @Test(
    "a base that dies while it receives and installs lists only what it has, and comes to the same end",
    .needsTool("strace"))
  func base() throws {
    let team = try TestTeam([.car, .base])
    let (car, base) = (team[.car], team[.base])
    try car.startAndWait()
    let deaths = try live(base, Self.basePoints, car: car, messageBytes: 1_200_000, seed: 1_000)
    for calls in ["rename", "fsync", "fdatasync", "link", "pwrite64"] {
      #expect(deaths.contains { $0.hasPrefix(calls) }, "\(calls): died at \(deaths)")
    }
    try base.startAndWait()
    let count = Self.basePoints.count * Self.recordingsPerLife
    try team.waitUntilInSync(holding: count)
    #expect(try base.objectIDs() == car.objectIDs())
    #expect(try base.wrongFiles() == [] && car.wrongFiles() == [])
    try waitUntil("all have their names") { try base.files(below: base.state + "/recordings").count == count }
    #expect(try base.files(below: base.state + "/staging") == [])
  }

  @Test("a car that dies while it seals loses nothing, and seals at the next start", .needsTool("strace"))
  func car() throws {
    let team = try TestTeam([.car])
    let car = team[.car]
    let deaths = try live(car, Self.carPoints, car: car, messageBytes: 40_000, seed: 2_000)
    for calls in ["fsync", "fdatasync", "link"] {
      #expect(deaths.contains { $0.hasPrefix(calls) }, "\(calls): died at \(deaths)")
    }
    try car.startAndWait()
    let count = Self.carPoints.count * Self.recordingsPerLife
    try waitUntil("all are sealed", seconds: 60) { try car.status().held == count }
    // The recorder's files are as it wrote them.
    let written = try TestNode.hashes(car.files(below: car.incoming)).values.sorted()
    #expect(try car.objectIDs() == written && written.count == count)
    let size = TestRecording(seed: 0, messageBytes: 40_000, isClosed: true).bytes.count
    #expect(try car.files(below: car.incoming).allSatisfy { FileFacts($0)?.sizeBytes == size })
    #expect(try car.wrongFiles() == [])
  }
}
