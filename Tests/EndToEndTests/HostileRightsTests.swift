import AcqCore
import AcqCrypto
import AcqSystem
import AcqWire
import Foundation
import TestSupport
import Testing

/// What a trusted node may do, and what it may not any more when it is untrusted.
@Suite("Hostile: rights") struct HostileRightsTests {
  private static func block(_ requestID: UInt32, _ id: ContentID, length: Int) -> Message {
    .blockGet(
      BlockRequest(
        requestID: requestID, subject: SubjectID(sameBytesAs: id), block: 0, offset: 0,
        length: UInt32(length),
        priority: 0))
  }

  @Test("a car reads its own recordings and what was derived from them, and no other car's")
  func carReadsOwn() throws {
    let scene = try HostileFrameTests.Scene(.car)
    try scene.checkGoodPeer(sessions: scene.goodSessions, holding: 1)
    let others = try scene.base.objectIDs().compactMap { ContentID(hex: $0) }
    let own = HostileContent(TestRecording(seed: 50).bytes)
    let session = try scene.evil.greet(scene.base)
    try session.push(
      [scene.evil.recording(own.id, own.map, name: "own.mcap")] + scene.evil.holdings([own.id]))
    var looked = ContinuousClock.now
    try session.serve(
      [own.id: own],
      until: {
        guard ContinuousClock.now - looked > .milliseconds(200) else { return false }
        looked = .now
        return try scene.base.status().held == 2
      })
    try session.send([Self.block(1, others[0], length: 9), .mapGet(requestID: 2, others[0])])
    #expect(try session.end(of: 1) == (.denied, 0))
    #expect(try session.end(of: 2).status == .denied)
    // One after the other: a map goes before blocks.
    try session.send(Self.block(3, own.id, length: own.bytes.count))
    #expect(try session.end(of: 3) == (.ok, own.bytes.count))
    try session.send(.mapGet(requestID: 4, own.id))
    #expect(try session.end(of: 4).status == .ok)
    // Stating another car's recording as its own would open it: only a node that has the bytes knows their id.
    let unknown = HostileContent([5])
    try session.send([Self.block(5, unknown.id, length: 1)])
    #expect(try session.end(of: 5).status == .denied)
  }

  @Test("a car's RETIREMENT has no effect")
  func retirement() throws {
    let scene = try HostileFrameTests.Scene(.car)
    try scene.checkGoodPeer(sessions: scene.goodSessions, holding: 1)
    let ids = try scene.base.objectIDs()
    let session = try scene.evil.greet(scene.base)
    let body = CBOR.numbered([1: .unsigned(1), 2: .bool(true), 3: .text("because"), 4: .unsigned(0)]).encoded
    try session.push(
      ids.compactMap { SubjectID(hex: $0) }.map { scene.evil.statement(.retirement, about: $0, body: body) })
    #expect(try session.answers())
    try TestRecording(seed: 8).write(scene.car.incoming + "/8.mcap")
    try waitUntil("work goes on") { try scene.base.status().held == 2 }
    #expect(try Set(ids).isSubset(of: scene.base.objectIDs()))
    #expect(try scene.base.files(below: scene.base.state + "/trash") == [])
    #expect(try scene.car.status().held == 2)
  }

  @Test(
    "untrust ends the session with its reason and the receipts stop counting; trusted again they count again")
  func untrust() throws {
    let scene = try HostileFrameTests.Scene(.cloud)
    try scene.checkGoodPeer(sessions: scene.goodSessions, holding: 1)
    let ids = try scene.base.objectIDs().compactMap { ContentID(hex: $0) }
    let session = try scene.evil.greet(scene.base)
    try session.push(scene.evil.holdings(ids))
    try waitUntil("the receipt counts") { try scene.base.status().recordings.first?["cloud"]?.bool == true }
    #expect(try scene.base.command("untrust", "evil").status == 0)
    #expect(try session.closing() == .untrusted)
    try waitUntil("the receipt counts no more") {
      try scene.base.status().recordings.first?["cloud"]?.bool == false
    }
    #expect(throws: (any Error).self) { try scene.evil.dial(scene.base) }
    try scene.base.trust(scene.evil)
    try waitUntil("the receipt counts again") {
      try scene.base.status().recordings.first?["cloud"]?.bool == true
    }
    #expect(try scene.evil.greet(scene.base).answers())
  }

  @Test("nodes that trusted each other again compare their statements anew")
  func walkAgain() throws {
    let team = try TestTeam([.base, .cloud, .car])
    let (car, base, cloud) = (team[.car], team[.base], team[.cloud])
    try TestRecording(seed: 1).write(car.incoming + "/1.mcap")
    try team.start()
    try team.waitUntilInSync(holding: 1)
    #expect(try base.command("untrust", "cloud").status == 0)
    try TestRecording(seed: 2).write(car.incoming + "/2.mcap")
    try waitUntil("the base has it") { try base.status().held == 2 }
    #expect(try cloud.status().held == 1)
    let trust = ["trust", cloud.card, "--addr", cloud.address, "--state", base.state]
    let result = try TestProcess.run(try Repository.product("acqd"), trust, seconds: 60)
    #expect(result.status == 0, "\(result.errorText)")
    try team.waitUntilInSync(holding: 2)
  }
}
