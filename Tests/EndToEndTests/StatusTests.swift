import AcqCore
import Foundation
import TestSupport
import Testing

/// `acqd status` as a script sees it.
@Suite("End to end: acqd status") struct StatusTests {
  private func expectShape(_ text: String) throws {
    let json = try JSON(parsing: text)
    #expect(json["node"]?["name"]?.string == "car")
    #expect(["in sync", "gaps", "cannot tell", "disk full"].contains(json["state"]?.string))
    #expect(json["sentence"]?.string?.isEmpty == false)
    for node in try #require(json["nodes"]?.array) {
      #expect(node["id"]?.string?.count == 64)
      #expect(node["name"]?.string != nil && node["role"]?.string != nil)
      for count in ["held", "freed", "missing"] { #expect(node[count]?.int64 != nil, "\(count)") }
      // 64-bit integers are decimal strings.
      #expect(node["missingBytes"]?.string.flatMap { UInt64($0) } != nil)
      #expect(node["since"] != nil && node["lastContact"] != nil)
    }
    for recording in try #require(json["recordings"]?.array) {
      #expect(recording["id"]?.string?.count == 64)
      for flag in ["sealed", "base", "cloud", "catalog"] { #expect(recording[flag]?.bool != nil, "\(flag)") }
      #expect(recording["name"]?.string != nil && recording["reason"] != nil)
    }
  }

  @Test("exit status 0 in sync, 1 with gaps, 2 when it cannot tell; with and without the daemon")
  func exitStatus() throws {
    let team = try TestTeam()
    let car = team[.car]
    // Never started: no ledger, nobody heard.
    #expect(try car.command("status").status == 2)
    try car.startAndWait()
    #expect(try car.command("status").status == 2)
    try TestRecording(seed: 91).write(car.incoming + "/1.mcap")
    try waitUntil("it is sealed") { try car.status().held == 1 }
    let gaps = try car.command("status", "--json")
    #expect(gaps.status == 1)
    try expectShape(gaps.text)
    try car.stop()
    let offline = try car.command("status", "--json")
    #expect(offline.status == 1, "the gap is known without the daemon too")
    try expectShape(offline.text)

    try team.start()
    try team.waitUntilInSync(holding: 1)
    for node in team.nodes { #expect(try node.command("status").status == 0, "\(node.name)") }
    let shown = try car.command("status", "--recordings")
    #expect(shown.status == 0)
    #expect(shown.text.contains("1.mcap") && shown.text.contains("switch the car off"), "\(shown.text)")
    try expectShape(try car.command("status", "--json").text)

    // Killed, so that its socket stays behind.
    for node in team.nodes { node.kill() }
    let after = try car.command("status")
    #expect(after.status == 2, "nobody was heard: \(after.text)")
    #expect(try car.command("status", "--recordings").text.contains("1.mcap"))
  }
}
