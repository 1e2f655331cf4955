import AcqCore
import Foundation
import TestSupport
import Testing

/// The sentence on top must never send a car home too early.
@Suite("End to end: the car's sentence") struct ReadmeStatusTests {
  @Test("a car that only knows another car is not told to switch off; with a base it is, file by file")
  func nobodyWants() throws {
    let team = try TestTeam([.car, .car, .base]) { node, other in
      node.name == "car2" || node.role == .base ? other.address : nil
    }
    let (car, other, base) = (team.nodes[0], team.nodes[1], team.nodes[2])
    for node in [car, other] { #expect(try node.command("untrust", "base").status == 0) }
    for node in [car, other] { try node.startAndWait() }
    try TestRecording(seed: 51).write(car.incoming + "/1.mcap")
    try waitUntil("it is sealed, and the cars talk") {
      try car.status().held == 1 && car.status().node("car2")?["link"]?.string?.contains("in session") == true
    }
    #expect(try car.status().sentence.hasPrefix("Cannot tell: no base or cloud is trusted yet"))
    #expect(try car.command("status").status == 2)

    for node in [car, other] { #expect(try node.command("trust", "base").status == 0) }
    try base.startAndWait()
    try car.waitUntilInSync(holding: 1)
    #expect(try car.status().sentence.hasPrefix("You may switch the car off: the one recording is on base"))
    // What another car has is no reason to stay.
    #expect(try other.status().sentence == "No recordings yet.")

    var file: OpenFile? = try OpenFile(car.incoming + "/2.mcap")
    try file?.append(TestRecording(seed: 52).bytes)
    try waitUntil("the open file is waited for") {
      try car.status().sentence.hasPrefix("Wait for 2.mcap (being written); the one recording is on base")
    }
    #expect(try car.command("status").status == 1, "what is nowhere else is a gap")
    file = nil
    try car.waitUntilInSync(holding: 2)
    base.kill()
    try TestRecording(seed: 53).write(car.incoming + "/3.mcap")
    try waitUntil("the car is kept on") {
      try car.status().sentence.hasPrefix("Keep the car on or come back into range: 1 recording")
    }
    #expect(try car.stop().status == 0)
    let stopped = try car.command("status")
    #expect(stopped.status == 1 && stopped.text.hasPrefix("Start acqd car: acqd does not run on car;"))
  }
}
