import AcqCore
import Foundation
import TestSupport
import Testing

/// A real car daemon and the recorder's directory.
@Suite("End to end: the car's recorder directory") struct CarTests {
  /// Waits until the car lists a file with a reason that contains `text`.
  private func expectReason(_ car: TestNode, _ name: String, _ text: String) throws {
    try waitUntil("\(name) is listed with \"\(text)\"") {
      try car.status().recordings(named: name).contains { $0["reason"]?.string?.contains(text) == true }
    }
  }

  private func row(_ node: TestNode, _ name: String) throws -> JSON {
    try #require(try node.status().recordings(named: name).first, "\(name) in \(node.name)'s status")
  }

  @Test("files found at start and in new subdirectories are sealed; they stay the recorder's own inodes")
  func subdirectories() throws {
    let team = try TestTeam([.car])
    let car = team[.car]
    let early = car.incoming + "/old/deep/1.mcap"
    try TestRecording(seed: 1).write(early)
    try car.startAndWait()
    try waitUntil("the file found at start is sealed") { try car.status().held == 1 }
    let late = car.incoming + "/new/deeper/still/1.mcap"
    try TestRecording(seed: 2, isClosed: true).write(late)
    try TestRecording(seed: 3).write(car.incoming + "/note.txt")
    try waitUntil("the file in a new directory is sealed") { try car.status().held == 2 }

    for path in [early, late] {
      let hash = try #require(try TestNode.hashes([path])[path])
      let object = car.state + "/objects/\(hash.prefix(2))/\(hash).mcap"
      let facts = try #require(FileFacts(object))
      #expect(facts == FileFacts(path), "one inode, not a copy")
      #expect(facts.linkCount == 2)
    }
    let rows = try car.status().recordings(named: "1.mcap")
    #expect(Set(rows.compactMap { $0["cutOff"]?.bool }) == [true, false])
    let sealings = car.logText.split(separator: "\n").filter { $0.contains("sealed recording=") }
    #expect(sealings.count == 2, "each is read once: \(sealings)")
    #expect(try car.wrongFiles() == [])
  }

  @Test("a file that is being written is not sealed; once closed, it is")
  func beingWritten() throws {
    let team = try TestTeam([.car])
    let car = team[.car]
    try car.startAndWait()
    let path = car.incoming + "/1.mcap"
    var file: OpenFile? = try OpenFile(path)
    try file?.append(TestRecording(seed: 4).bytes)
    try expectReason(car, "1.mcap", "being written")
    #expect(try car.objectIDs() == [])
    try file?.append([0x80, 1, 0, 0, 0, 0, 0, 0, 0, 7])
    file = nil
    try waitUntil("the closed file is sealed") { try car.status().held == 1 }
    #expect(try car.objectIDs() == Array(TestNode.hashes([path]).values))
    #expect(try row(car, "1.mcap")["reason"]?.string?.contains("being written") != true)
  }

  @Test("one name twice with other content is two recordings")
  func sameName() throws {
    let team = try TestTeam([.car])
    let car = team[.car]
    try car.startAndWait()
    let path = car.incoming + "/1.mcap"
    try TestRecording(seed: 5).write(path)
    try waitUntil("the first is sealed") { try car.status().held == 1 }
    let first = try car.objectIDs()
    // The recorder starts anew with an emptied directory: another file under the old name.
    try FileManager.default.removeItem(atPath: path)
    try TestRecording(seed: 6).write(path)
    try waitUntil("the second is sealed") { try car.status().held == 2 }
    #expect(Set(try car.objectIDs()).isSuperset(of: first))
    #expect(try car.status().recordings(named: "1.mcap").count == 2)
    #expect(try car.wrongFiles() == [])
  }

  @Test("a sealed file that is edited in place loses its receipt and is sealed anew, with its parent")
  func edited() throws {
    let team = try TestTeam([.car, .base])
    let (car, base) = (team[.car], team[.base])
    try car.startAndWait()
    let path = car.incoming + "/1.mcap"
    try TestRecording(seed: 7).write(path)
    try waitUntil("it is sealed") { try car.status().held == 1 }
    let old = try car.objectIDs()
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data([0x80, 1, 0, 0, 0, 0, 0, 0, 0, 7]))
    try handle.close()
    let new = try #require(try TestNode.hashes([path])[path])
    try waitUntil("the new content is the only one held") {
      try car.status().held == 1 && car.objectIDs() == [new]
    }
    #expect(old != [new])
    #expect(try car.wrongFiles() == [])
    try base.startAndWait()
    try waitUntil("the new content is on base") { try base.objectIDs() == [new] }
    #expect(try base.wrongFiles() == [])
    #expect(car.logText.contains("edited in place"))
  }

  @Test("an empty file is listed and kept; a file that is no recording is refused once, by path and reason")
  func notRecordings() throws {
    let team = try TestTeam([.car])
    let car = team[.car]
    try Data().write(to: URL(fileURLWithPath: car.incoming + "/empty.mcap"))
    try FileManager.default.createDirectory(
      atPath: car.incoming + "/sub", withIntermediateDirectories: true)
    let png: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13]
    try Data(png).write(to: URL(fileURLWithPath: car.incoming + "/sub/picture.mcap"))
    try car.startAndWait()
    try expectReason(car, "empty.mcap", "empty")
    try expectReason(car, "sub/picture.mcap", "not")
    #expect(FileManager.default.fileExists(atPath: car.incoming + "/empty.mcap"))
    try car.stop()
    try car.startAndWait()
    try expectReason(car, "sub/picture.mcap", "not")
    let refusals = car.logText.split(separator: "\n").filter { $0.contains("a file was refused") }
    #expect(refusals.count == 1, "once, not at every start")
    #expect(refusals.first?.contains("sub/picture.mcap") == true)
    #expect(try car.status().held == 0)
  }

  @Test("a recorder's file that is removed after sealing still reaches the base")
  func removed() throws {
    let team = try TestTeam([.car, .base])
    let (car, base) = (team[.car], team[.base])
    try car.startAndWait()
    let path = car.incoming + "/1.mcap"
    try TestRecording(seed: 8, messageBytes: 3 << 20).write(path)
    try waitUntil("it is sealed") { try car.status().held == 1 }
    let id = try car.objectIDs()
    try FileManager.default.removeItem(atPath: path)
    try base.startAndWait()
    try base.waitUntilInSync(holding: 1)
    try car.waitUntilInSync(holding: 1)
    #expect(try base.objectIDs() == id)
    #expect(try base.wrongFiles() == [])
    #expect(try car.status().sentence.contains("switch the car off"))
  }
}
