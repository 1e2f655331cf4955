import AcqCore
import Foundation
import TestSupport
import Testing

/// Nodes that die inside a system call: `strace` sends SIGKILL at the n-th one of a kind (`when` counts per thread).
@Suite("End to end: killed at a system call") struct SystemCallTests {
  /// Calls that make something durable or visible, and the n-th of them at which the process dies.
  static let points: [(call: String, at: Int)] = [
    ("rename,renameat,renameat2", 1), ("rename,renameat,renameat2", 2), ("fsync", 1), ("fsync", 2),
    ("fsync", 3),
    ("fsync", 5), ("fdatasync", 1), ("fdatasync", 2), ("fdatasync", 3), ("fdatasync", 6),
    ("unlink,unlinkat", 1),
    ("unlink,unlinkat", 2), ("link,linkat", 1), ("link,linkat", 2), ("pwrite64", 3), ("pwrite64", 9),
  ]

  private static func strace(_ calls: String, _ number: Int) throws -> [String] {
    [
      try Tools.require("strace"), "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e", "trace=\(calls)",
      "-e",
      "inject=\(calls):signal=SIGKILL:when=\(number)",
    ]
  }

  /// Starts `node` under strace and lets it work until it dies there, or until it holds `count` (the call never came).
  private func die(
    _ node: TestNode, _ calls: String, _ number: Int, doneWhenHolding count: Int
  ) throws -> Bool {
    try node.start(wrapper: Self.strace(calls, number))
    try waitUntil("\(node.name) dies at \(calls) number \(number), or is done", seconds: 60) {
      !node.isRunning || (try? node.status().held) == count
    }
    let hasDied = !node.isRunning
    if hasDied { node.kill() } else { try node.stop() }
    return hasDied
  }

  /// I2: what a node's newest committed receipt lists is there, whole. `status` reads it from node.db alone.
  private func expectProvable(_ node: TestNode) throws {
    let held = TestStatus(try JSON(parsing: node.command("status", "--json").text)).held
    let objects = try node.objectIDs().count
    #expect(held <= objects, "\(node.name): the receipt lists \(held), there are \(objects)")
    #expect(try node.wrongFiles() == [])
  }

  @Test(
    "a base that dies while it installs lists only what it has, and comes to the same end",
    .needsTool("strace"))
  func base() throws {
    let team = try TestTeam([.car, .base])
    let (car, base) = (team[.car], team[.base])
    try car.startAndWait()
    var deaths: [String] = []
    for (index, point) in Self.points.enumerated() {
      try TestRecording(seed: UInt64(100 + index), messageBytes: 1_200_000 + index, isClosed: true)
        .write(car.incoming + "/\(index).mcap")
      try waitUntil("recording \(index) is sealed") { try car.status().held == index + 1 }
      let hasDied = try die(base, point.call, point.at, doneWhenHolding: index + 1)
      if hasDied { deaths.append("\(point.call) \(point.at)") }
      try expectProvable(base)
      #expect(try car.wrongFiles() == [])
    }
    #expect(deaths.count >= Self.points.count / 2, "died at \(deaths)")
    print("base died at \(deaths)")
    try base.startAndWait()
    try team.waitUntilInSync(holding: Self.points.count)
    #expect(try base.objectIDs() == car.objectIDs())
    #expect(try base.wrongFiles() == [])
    #expect(try base.files(below: base.state + "/recordings").count == Self.points.count)
    #expect(try base.files(below: base.state + "/staging") == [])
  }

  @Test("a car that dies while it seals loses nothing, and seals at the next start", .needsTool("strace"))
  func car() throws {
    let team = try TestTeam([.car])
    let car = team[.car]
    var deaths: [String] = []
    for (index, point) in Self.points.enumerated() {
      let path = car.incoming + "/\(index).mcap"
      try TestRecording(seed: UInt64(200 + index), messageBytes: 40_000).write(path)
      let hasDied = try die(car, point.call, point.at, doneWhenHolding: index + 1)
      if hasDied { deaths.append("\(point.call) \(point.at)") }
      try expectProvable(car)
      // The recorder's file is untouched.
      #expect(FileFacts(path)?.sizeBytes == TestRecording(seed: 0, messageBytes: 40_000).bytes.count)
      try car.startAndWait()
      try waitUntil("recording \(index) is sealed") { try car.status().held == index + 1 }
      try car.stop()
    }
    #expect(deaths.count >= Self.points.count / 2, "died at \(deaths)")
    print("car died at \(deaths)")
    let hashes = try TestNode.hashes(car.files(below: car.incoming)).values.sorted()
    #expect(try car.objectIDs() == hashes)
    #expect(try car.wrongFiles() == [])
  }
}
