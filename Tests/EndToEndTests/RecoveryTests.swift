import AcqCore
import Foundation
import TestSupport
import Testing

/// Nodes that lose their database, or are taken back in time.
@Suite("End to end: lost and restored databases") struct RecoveryTests {
  private static let databaseFiles = ["node.db", "node.db-wal", "node.db-shm"]

  /// Statements, maps and handshakes of a few recordings: far less than any recording here.
  private static let talkBytes = 400 << 10

  private func removeDatabase(_ node: TestNode) throws {
    for name in Self.databaseFiles where FileFacts(node.state + "/" + name) != nil {
      try FileManager.default.removeItem(atPath: node.state + "/" + name)
    }
  }

  /// Three recordings of 2 MiB on car, base and cloud; base reaches the car over the relay only.
  private func makeScene(seed: UInt64) throws -> (team: TestTeam, relay: Relay) {
    let team = try TestTeam { node, other in
      node.role == .base && other.role == .cloud ? other.address : nil
    }
    let relay = try Relay(to: team[.car].replicationPort)
    try team[.base].trust(team[.car], address: relay.address)
    for number in 0..<3 {
      let recording = TestRecording(seed: seed + UInt64(number), messageBytes: 2 << 20)
      try recording.write(team[.car].incoming + "/run/\(number + 1).mcap")
    }
    try team.start()
    try team.waitUntilInSync(holding: 3)
    return (team, relay)
  }

  private func expectAllRight(_ team: TestTeam, holding count: Int) throws {
    try team.waitUntilInSync(holding: count)
    let ids = try team[.car].objectIDs()
    #expect(ids.count == count)
    for node in team.nodes {
      #expect(try node.objectIDs() == ids, "\(node.name)")
      #expect(try node.wrongFiles() == [])
      let others = try node.status().json["nodes"]?.array?.compactMap { $0["held"]?.int64 } ?? []
      #expect(others == [Int64](repeating: Int64(count), count: 3), "as \(node.name) sees it")
    }
  }

  @Test("a base without its database rebuilds it from the files; nothing is pulled again")
  func baseLosesDatabase() throws {
    let (team, relay) = try makeScene(seed: 51)
    defer { relay.stop() }
    let base = team[.base]
    base.kill()
    try removeDatabase(base)
    let before = relay.downBytes
    try base.startAndWait()
    try expectAllRight(team, holding: 3)
    #expect(relay.downBytes - before < Self.talkBytes, "\(relay.downBytes - before) bytes")
    try waitUntil("statements are equal") {
      try base.status().node("car")?["link"]?.string?.contains("statements equal") == true
    }
  }

  @Test("a car without its database rebuilds it from the files; names and numbers come back from its peers")
  func carLosesDatabase() throws {
    let (team, relay) = try makeScene(seed: 61)
    defer { relay.stop() }
    let car = team[.car]
    car.kill()
    try removeDatabase(car)
    let before = relay.downBytes
    try car.startAndWait()
    try expectAllRight(team, holding: 3)
    #expect(relay.downBytes - before < Self.talkBytes, "\(relay.downBytes - before) bytes")
    #expect(
      Set(try car.status().recordings.compactMap { $0["name"]?.string }) == ["1.mcap", "2.mcap", "3.mcap"])
    // It goes on counting above what it said before.
    try TestRecording(seed: 64).write(car.incoming + "/run/4.mcap")
    try expectAllRight(team, holding: 4)
    // It may say that a number was used twice, for so it was; not that somebody else uses its key.
    #expect(try !car.status().alarms.contains { $0.contains("another machine") })
  }

  @Test("a car that is restored from an old image converges: what it lost is not held, what peers hold stays")
  func carRestored() throws {
    let (team, relay) = try makeScene(seed: 71)
    defer { relay.stop() }
    let (car, base) = (team[.car], team[.base])
    try car.stop()
    let image = team.directory + "/image"
    try FileManager.default.createDirectory(atPath: image, withIntermediateDirectories: true)
    for name in Self.databaseFiles where FileFacts(car.state + "/" + name) != nil {
      try FileManager.default.copyItem(atPath: car.state + "/" + name, toPath: image + "/" + name)
    }
    let kept = try car.objectIDs()
    try car.startAndWait()
    for number in 4...5 {
      try TestRecording(seed: UInt64(70 + number)).write(car.incoming + "/run/\(number).mcap")
    }
    try expectAllRight(team, holding: 5)
    // Back to the image: database, objects and recorder's files as they were.
    car.kill()
    try removeDatabase(car)
    for name in try FileManager.default.contentsOfDirectory(atPath: image) {
      try FileManager.default.copyItem(atPath: image + "/" + name, toPath: car.state + "/" + name)
    }
    for id in try car.objectIDs() where !kept.contains(id) {
      try FileManager.default.removeItem(atPath: car.state + "/objects/\(id.prefix(2))/\(id).mcap")
    }
    for number in 4...5 { try FileManager.default.removeItem(atPath: car.incoming + "/run/\(number).mcap") }
    try car.startAndWait()
    try car.waitUntilInSync(holding: 3)
    try waitUntil("base knows what the car holds now, and the car what it once recorded") {
      try base.status().node("car")?["held"]?.int64 == 3 && car.status().recordings.count == 5
    }
    #expect(try base.objectIDs().count == 5 && team[.cloud].objectIDs().count == 5)
    // New recordings are numbered above the old life's and travel.
    try TestRecording(seed: 79).write(car.incoming + "/run/4.mcap")
    try waitUntil("a new recording reaches the cloud") { try team[.cloud].status().held == 6 }
    try car.waitUntilInSync(holding: 4)
    for node in team.nodes { #expect(try node.wrongFiles() == []) }
  }

  @Test("two machines with one key: an alarm names it, and neither loses a recording")
  func twoMachines() throws {
    // Each of the two cars has a base of its own; what they say meets between the bases.
    let team = try TestTeam([.car, .base, .base]) { node, other in
      guard node.role == .base else { return nil }
      return other.name == "base" || node.name == "base" ? other.address : nil
    }
    let (car, base, second) = (team.nodes[0], team.nodes[1], team.nodes[2])
    let twin = try TestNode(copying: car, name: "twin", directory: team.directory)
    try second.trust(car, address: twin.address)
    try TestRecording(seed: 81).write(car.incoming + "/1.mcap")
    try TestRecording(seed: 82).write(twin.incoming + "/1.mcap")
    try team.start()
    try twin.startAndWait()
    defer { twin.kill() }
    try waitUntil("one of them raises the alarm", seconds: 120) {
      try [car, twin].contains { try $0.status().alarms.contains { $0.contains("another machine uses") } }
    }
    for node in [base, second] {
      try waitUntil("\(node.name) holds what both recorded", seconds: 60) { try node.objectIDs().count == 2 }
      #expect(try node.wrongFiles() == [])
    }
    #expect(try car.objectIDs().count == 1 && twin.objectIDs().count == 1)
  }
}
