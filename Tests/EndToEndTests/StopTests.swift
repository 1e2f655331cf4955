import AcqCore
import Foundation
import TestSupport
import Testing

/// Orderly ends, and a disk that is too full to go on.
@Suite("End to end: stopping and full disks") struct StopTests {
  /// Two seconds by the daemon's own measure, and what a machine that does other things adds.
  private static let limitSeconds = 4.0

  @Test("SIGTERM ends car, base and cloud within two seconds in the middle of a pull, and nothing is lost")
  func stop() throws {
    let team = try TestTeam()
    let (car, base) = (team[.car], team[.base])
    try TestRecording.writeLarge(car.incoming + "/large.mcap", blockCount: 200, seed: 41)
    for seed in 42...44 { try TestRecording(seed: UInt64(seed)).write(car.incoming + "/\(seed).mcap") }
    try team.start()
    try waitUntil("the large recording is arriving", seconds: 60) {
      try base.status().recordings.contains { $0["reason"]?.string?.hasPrefix("arriving") == true }
    }
    for node in [team[.cloud], base, car] {
      let (status, seconds) = try node.stop()
      #expect(status == 0, "\(node.name): \(node.logText.suffix(2000))")
      #expect(seconds < Self.limitSeconds, "\(node.name) took \(seconds) s")
      #expect(!FileManager.default.fileExists(atPath: node.socketPath), "\(node.name) leaves no socket")
    }
    for node in team.nodes { #expect(try node.wrongFiles() == []) }
    try team.start()
    try team.waitUntilInSync(holding: 4, seconds: 120)
    for node in team.nodes { #expect(try node.wrongFiles() == []) }
    #expect(try base.objectIDs() == car.objectIDs())
    // Idle daemons stop too.
    for node in team.nodes {
      let (status, seconds) = try node.stop()
      #expect(status == 0 && seconds < Self.limitSeconds, "\(node.name): \(status) after \(seconds) s")
    }
  }

  @Test(
    "SIGTERM does not wait for a file of 40 GiB that is being sealed or adopted",
    arguments: [Role.car, .base])
  func stopInsideLargeFile(role: Role) throws {
    let team = try TestTeam([role])
    let node = team[role]
    try node.startAndWait()
    try node.stop()
    // Full of holes: it takes no room, and half a minute to hash.
    let name = String(repeating: "ab", count: 32) + ".mcap"
    let path = role == .car ? node.incoming + "/large.mcap" : node.state + "/objects/ab/" + name
    try OpenFile.withHoles(path, head: TestRecording.magic, sizeBytes: 40 << 30)
    try node.startAndWait()
    let descriptors = "/proc/\(try #require(node.process?.pid))/fd"
    try waitUntil("the large file is being read") {
      try FileManager.default.contentsOfDirectory(atPath: descriptors).contains { descriptor in
        (try? FileManager.default.destinationOfSymbolicLink(atPath: descriptors + "/" + descriptor)) == path
      }
    }
    let (status, seconds) = try node.stop()
    #expect(status == 0 && seconds < Self.limitSeconds, "\(status) after \(seconds) s")
  }

  @Test(
    "below min_free pulls pause and status says disk full; with room they go on by themselves", .needsRoot)
  func diskFull() throws {
    let disk = try SmallDisk(megabytes: 64)
    let team = try TestTeam([.car, .base], in: nil) { node, other in
      node.role == .base ? other.address : nil
    }
    let (car, base) = (team[.car], team[.base])
    // The base's state is on a disk of its own; its key moves there.
    try disk.take(base.state)
    base.configuration["min_free"] = "16 MB"
    let filler = base.state + "/filler"
    let room = try OpenFile(filler)
    try room.append([UInt8](repeating: 7, count: 52 << 20))
    try car.startAndWait()
    try base.startAndWait()
    try waitUntil("status says disk full") { try base.status().state == "disk full" }
    #expect(try base.command("status").status == 1)
    try TestRecording(seed: 45, messageBytes: 3 << 20).write(car.incoming + "/1.mcap")
    try waitUntil("the base knows of the recording, and why it waits") {
      try base.status().recordings(named: "1.mcap").first?["reason"]?.string?.contains("disk full") == true
    }
    #expect(try base.objectIDs() == [])
    try FileManager.default.removeItem(atPath: filler)
    // It is still open here: its room is given back by emptying it.
    try room.extend(to: 0)
    try base.waitUntilInSync(holding: 1)
    #expect(try base.wrongFiles() == [])
    base.kill()
  }
}

/// A tmpfs of a few megabytes in place of a directory; unmounted with the value.
final class SmallDisk {
  private let megabytes: Int
  private var mounted: String?

  init(megabytes: Int) throws { self.megabytes = megabytes }

  /// Mounts it at `directory` with what is in there now.
  func take(_ directory: String) throws {
    let old = directory + ".before"
    try FileManager.default.moveItem(atPath: directory, toPath: old)
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    let words = ["-t", "tmpfs", "-o", "size=\(megabytes)m,mode=0700", "tmpfs", directory]
    let result = try TestProcess.run(try Tools.require("mount"), words)
    guard result.status == 0 else { throw TestSupportError("mount: \(result.errorText)") }
    mounted = directory
    for name in try FileManager.default.contentsOfDirectory(atPath: old) {
      try FileManager.default.copyItem(atPath: old + "/" + name, toPath: directory + "/" + name)
    }
  }

  deinit {
    // Lazily: a daemon that a failed test left behind must not keep the mount.
    if let mounted { _ = try? TestProcess.run("umount", ["-l", mounted]) }
  }
}
