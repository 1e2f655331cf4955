import AcqCore
import AcqSystem
import Foundation
import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
  /// Skipped where the kernel says that the clock is synchronised: no car there doubts its own.
  static var needsFreeClock: Self {
    .enabled(if: !Clock.isSynchronised, "needs free-clock: the kernel's clock is synchronised")
  }
}

/// A car whose wall clock is wrong, under libfaketime; its monotonic and boot-time clocks are right, as on a Pi.
@Suite("End to end: a car with a wrong clock") struct ClockTests {
  private static let dayMs: Int64 = 86_400_000

  @Test(
    "what a car with a wrong clock recorded in this boot is listed with the corrected time on every node",
    .needsTool("faketime"), .needsFreeClock)
  func corrected() throws {
    let team = try TestTeam()
    let car = team[.car]
    // Copied in before the daemon started: nobody saw it being written, so its times are as they are.
    let copiedNs: UInt64 = 1_700_000_000_000_000_000
    try TestRecording(seed: 301, logTimeNs: copiedNs).write(car.incoming + "/copied.mcap")
    try car.start(
      wrapper: [try Tools.require("faketime"), "-f", "-400d"],
      // The files' times are the kernel's own, whichever call asks for them.
      environment: ["FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1"])
    try car.waitUntilUp()
    try waitUntil("the copied file is sealed") { try car.status().held == 1 }

    // The recorder uses the wrong clock too.
    let nowNs = Clock.wallNs()
    let wrongNs = nowNs - UInt64(400 * Self.dayMs) * 1_000_000
    var file: OpenFile? = try OpenFile(car.incoming + "/written.mcap")
    try file?.append(TestRecording(seed: 302, logTimeNs: wrongNs).bytes)
    try waitUntil("the car sees it being written") {
      try car.status().recordings(named: "written.mcap").first?["reason"]?.string == "being written"
    }
    file = nil
    try waitUntil("the written file is sealed") { try car.status().held == 2 }

    try team[.base].startAndWait()
    try team[.cloud].startAndWait()
    try team.waitUntilInSync(holding: 2)
    for node in team.nodes {
      try waitUntil("\(node.name) lists the corrected time", seconds: 30) {
        try node.status().recordings(named: "written.mcap").first?["timeCorrected"]?.bool == true
      }
      let status = try node.status()
      let written = try #require(status.recordings(named: "written.mcap").first)
      let startNs = try #require(written["startNs"]?.string.flatMap { Int64($0) })
      // The offset is known to the round trip and the two clocks' milliseconds.
      #expect(abs(startNs - Int64(nowNs)) < 3_000_000_000, "\(node.name): \(startNs), now \(nowNs)")
      let copied = try #require(status.recordings(named: "copied.mcap").first)
      #expect(copied["timeCorrected"]?.bool == false && copied["startNs"]?.string == "\(copiedNs)")
    }
    let (status, _) = try car.stop()
    #expect(status == 0)
  }
}
