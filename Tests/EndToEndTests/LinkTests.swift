import AcqCore
import Foundation
import TestSupport
import Testing

/// A link that breaks while a base pulls from a car.
@Suite("End to end: a link that breaks") struct LinkTests {
  private static let blockBytes = 1 << 20

  private func makeScene(blockCount: Int, seed: UInt64) throws -> (team: TestTeam, relay: Relay) {
    let team = try TestTeam([.car, .base]) { _, _ in nil }
    let relay = try Relay(to: team[.car].replicationPort)
    try team[.base].trust(team[.car], address: relay.address)
    try TestRecording.writeLarge(team[.car].incoming + "/1.mcap", blockCount: blockCount, seed: seed)
    try team[.car].startAndWait()
    let car = team[.car]
    try waitUntil("the recording is sealed", seconds: 60) { try car.status().held == 1 }
    return (team, relay)
  }

  @Test("a connection cut in the middle of a block goes on at the byte, not at the block")
  func cutInsideBlocks() throws {
    let (blockCount, cuts) = (48, 20)
    let (team, relay) = try makeScene(blockCount: blockCount, seed: 21)
    defer { relay.stop() }
    // Nine tenths into every second block: going on at the block would cost 0.9 MiB each time.
    relay.cut(atDownBytes: (1...cuts).map { 2 * $0 * Self.blockBytes + Self.blockBytes * 9 / 10 })
    try team[.base].start()
    try waitUntil("\(cuts) cuts", seconds: 60) { relay.cutCount == cuts }
    try team[.base].waitUntilInSync(holding: 1)
    #expect(try team[.base].wrongFiles() == [])
    // A connection costs its handshake, HELLO and statements, and the one record that it was cut in.
    let payload = blockCount * Self.blockBytes
    let limit = payload + payload / 1000 + (cuts + 1) * (80 << 10)
    #expect(relay.downBytes <= limit, "\(relay.downBytes) bytes down, limit \(limit)")
    #expect(relay.connectionCount >= cuts + 1)
  }

  @Test("a link that goes silent is noticed and dialled again until it is back")
  func silence() throws {
    let blockCount = 64
    let (team, relay) = try makeScene(blockCount: blockCount, seed: 22)
    defer { relay.stop() }
    relay.throttle(40e6)
    try team[.base].start()
    for round in 1...3 {
      try waitUntil("bytes flow in round \(round)", seconds: 30) {
        relay.downBytes > round * 8 * Self.blockBytes
      }
      let dialled = relay.connectionCount
      relay.blackhole()
      // Stall timeout, then overlapping attempts: several connections before the link is back.
      try waitUntil("the silence is noticed", seconds: 30) { relay.connectionCount >= dialled + 2 }
      relay.lift()
      try waitUntil("bytes flow again", seconds: 30) { relay.firstByteAfterLift != nil }
      print("first byte \(relay.firstByteAfterLift ?? .zero) after the link was back")
    }
    relay.throttle(nil)
    try team[.base].waitUntilInSync(holding: 1)
    #expect(try team[.base].wrongFiles() == [])
    let payload = blockCount * Self.blockBytes
    // What is swallowed was sent: a socket's buffers and the window at each silence.
    #expect(relay.downBytes <= payload + payload / 1000 + 3 * (2 << 20) + relay.connectionCount * (80 << 10))
  }

  @Test("a base in the middle brings recordings to a cloud that is not there at first")
  func cloudComesLater() throws {
    let team = try TestTeam()
    let (car, base, cloud) = (team[.car], team[.base], team[.cloud])
    for seed in 31...33 {
      try TestRecording(seed: UInt64(seed), messageBytes: 2 << 20).write(car.incoming + "/\(seed).mcap")
    }
    try car.startAndWait()
    try base.startAndWait()
    try waitUntil("base holds all three") { try base.status().held == 3 }
    // The base knows of a node that has nothing: a gap, not silence.
    try waitUntil("base sees the gap") {
      try base.status().state == "gaps" && base.status().node("cloud")?["missing"]?.int64 == 3
    }
    try cloud.startAndWait()
    try team.waitUntilInSync(holding: 3)
    try waitUntil("the car knows that all is in the catalog") {
      let rows = try car.status().recordings
      return rows.count == 3 && rows.allSatisfy { $0["catalog"]?.bool == true && $0["cloud"]?.bool == true }
    }
    // Only the base ever had a session with the car.
    #expect(try cloud.status().node("car")?["link"]?.string?.contains("in session") != true)
    for node in team.nodes { #expect(try node.wrongFiles() == []) }
    #expect(try base.objectIDs() == car.objectIDs() && cloud.objectIDs() == car.objectIDs())
  }
}
