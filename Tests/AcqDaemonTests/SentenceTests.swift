import AcqCore
import AcqCrypto
import AcqDaemon
import AcqReplication
import Testing

/// The first line of every status, exactly as people read it.
@Suite("Status sentences") struct SentenceTests {
  /// A team of one node a role, seen from one of them, with statements as the test says.
  struct Scene {
    static let nowMs: UInt64 = 10_000_000
    let members: [Role: Member]
    var view: TeamView
    var links: [Role: StatusInput.Link] = [:]
    var sequence: UInt64 = 0
    var held: [Role: [ContentID]] = [:]
    var catalogued: Set<ContentID> = []
    var edit: (inout StatusInput) -> Void = { _ in }

    init(_ own: Role, team: [Role] = [.car, .base, .cloud]) {
      members = Dictionary(
        uniqueKeysWithValues: team.map { role in
          let id = SHA256.hash([role.rawValue], as: NodeID.self)
          return (role, Member(id: id, name: role.name, role: role, isAccepted: true))
        })
      let id = SHA256.hash([own.rawValue], as: NodeID.self)
      view = TeamView(own: id, members: Array(members.values))
    }

    static func id(_ number: UInt8) -> ContentID { SHA256.hash([number, 99], as: ContentID.self) }

    mutating func state(
      _ kind: StatementKind, by role: Role, _ subject: SubjectID, _ shard: UInt8, _ body: [UInt8]
    ) {
      guard let member = members[role] else { return }
      sequence += 1
      view.apply(
        Statement(
          kind: kind, author: member.id, subject: subject, shard: shard, sequence: sequence, body: body,
          signature: [UInt8](repeating: 0, count: 64)))
    }

    /// The car sealed `number`, of 4 MB; these have it.
    mutating func seal(_ number: UInt8, on roles: [Role]) {
      let id = Self.id(number)
      let body = RecordingBody(
        sizeBytes: 4_000_000, blockRoot: BlockMap.hash(block: [number]), name: "\(number).mcap",
        isCutOff: false)
      state(.recording, by: .car, SubjectID(sameBytesAs: id), 0, body.encoded)
      for role in roles { hold(id, role) }
    }

    mutating func hold(_ id: ContentID, _ role: Role) {
      guard let member = members[role] else { return }
      if !held[role, default: []].contains(id) { held[role, default: []].append(id) }
      let ids = held[role, default: []].filter { $0[0] == id[0] }
      let catalog = role == .cloud ? catalogued.intersection(ids) : nil
      let body = HoldingBody(held: ids, freed: [], asOfMs: 7_000, catalogued: catalog)
      state(.holding, by: role, SubjectID(sameBytesAs: member.id), id[0], body.encoded)
    }

    mutating func link(
      _ role: Role, isLive: Bool = true, lastMs: UInt64 = nowMs, isInSync: Bool = true, rate: Double = 0
    ) {
      var link = StatusInput.Link()
      (link.isLive, link.isInSync, link.lastContactMs, link.bytesPerSecond) = (isLive, isInSync, lastMs, rate)
      links[role] = link
    }

    func report() -> StatusReport {
      var input = StatusInput(view: view, nowMs: Self.nowMs)
      for (role, link) in links { if let member = members[role] { input.links[member.id] = link } }
      input.clockText = { "T\($0 / 1000)" }
      edit(&input)
      return StatusMaker(input).report()
    }
  }

  @Test("a car without recordings")
  func carEmpty() {
    var scene = Scene(.car)
    #expect(scene.report().sentence == "Cannot tell: no contact with anyone since this node started.")
    scene.link(.base)
    #expect(scene.report().sentence == "No recordings yet.")
    #expect(scene.report().state == .inSync)
  }

  @Test("a car whose recordings are not on the base: in range, and out of it")
  func carGap() {
    var scene = Scene(.car)
    scene.seal(1, on: [.car])
    scene.seal(2, on: [.car])
    #expect(scene.report().state == .gaps)
    #expect(
      scene.report().sentence
        == "Keep the car on or come back into range: 2 recordings, 8.0 MB not yet on base (no contact yet).")
    scene.link(.base, isLive: false, lastMs: 5_000)
    #expect(
      scene.report().sentence
        == "Keep the car on or come back into range: 2 recordings, 8.0 MB not yet on base (no contact since T5)."
    )
    scene.link(.base)
    #expect(scene.report().sentence == "Wait: 2 recordings, 8.0 MB still to go to base.")
    #expect(scene.report().recordings.first?.reason == "base is fetching it")
  }

  @Test("a car may be switched off when the base has everything, whatever the cloud lacks")
  func carSafe() {
    var scene = Scene(.car)
    scene.seal(1, on: [.car, .base])
    scene.link(.base)
    #expect(scene.report().state == .gaps)
    #expect(
      scene.report().sentence == "You may switch the car off: the one recording is on base, verified T7.")
    scene.edit = { input in
      input.localFiles = [.init(name: "2.mcap", sizeBytes: 5, reason: "being written", isRefused: false)]
    }
    #expect(
      scene.report().sentence == "Wait: 2.mcap is being written; the one recording before it is on base.")
  }

  @Test("a base that waits, pulls, and knows what the cloud lacks")
  func base() {
    var scene = Scene(.base)
    #expect(scene.report().sentence == "Cannot tell: no contact with anyone since this node started.")
    scene.link(.car)
    #expect(scene.report().sentence == "Ready: no recordings are known yet.")
    scene.seal(1, on: [.car])
    #expect(scene.report().sentence == "Wait: 1 recording, 4.0 MB still to come to base.")
    scene.link(.car, rate: 100_000)
    #expect(scene.report().sentence == "Wait: 1 recording, 4.0 MB still to come to base, about 40 s.")
    scene.link(.car, isLive: false, lastMs: 9_000)
    #expect(
      scene.report().sentence
        == "Waiting for a link: 1 recording, 4.0 MB still to come to base (no contact since T9).")
    scene.hold(Scene.id(1), .base)
    #expect(
      scene.report().sentence
        == "Everything known is here (1 recording); cloud lacks 1 recording, 4.0 MB (no contact yet).")
    scene.catalogued = [Scene.id(1)]
    scene.hold(Scene.id(1), .cloud)
    scene.link(.car)
    #expect(scene.report().sentence == "The one recording is here, and on cloud.")
  }

  @Test("a cloud whose catalog lags, and one that has everything")
  func cloud() {
    var scene = Scene(.cloud)
    scene.link(.base)
    scene.seal(1, on: [.car, .base, .cloud])
    #expect(scene.report().state == .gaps)
    #expect(scene.report().sentence == "The one recording is here; 1 not yet in the catalog.")
    scene.edit = { $0.catalogReason = "mongodb at h:1: connection refused" }
    #expect(
      scene.report().sentence
        == "The one recording is here; 1 not yet in the catalog: mongodb at h:1: connection refused")
    scene.edit = { _ in }
    scene.catalogued = [Scene.id(1)]
    scene.hold(Scene.id(1), .cloud)
    #expect(scene.report().sentence == "The one recording is here and in the catalog, and on base.")
  }

  @Test("disk full comes before everything else")
  func diskFull() {
    var scene = Scene(.base)
    scene.link(.car)
    scene.seal(1, on: [.car])
    scene.edit = { $0.isDiskFull = true }
    #expect(scene.report().state == .diskFull)
    #expect(
      scene.report().sentence
        == "Disk full on base: pulls pause until space is freed; 1 recording, 4.0 MB still to come.")
  }

  @Test("news two minutes old is no news: cannot tell, and what was alone then")
  func cannotTell() {
    var scene = Scene(.base, team: [.car, .base])
    scene.seal(1, on: [.car, .base])
    scene.link(.car, isLive: false, lastMs: Scene.nowMs - 119_999)
    #expect(scene.report().state == .inSync)
    scene.link(.car, isLive: false, lastMs: Scene.nowMs - 120_000)
    #expect(scene.report().state == .cannotTell)
    #expect(
      scene.report().sentence == "Cannot tell: no contact since T9880; then everything was in sync.")
    scene.link(.car, isLive: false, lastMs: Scene.nowMs, isInSync: false)
    #expect(scene.report().state == .cannotTell)
    var alone = Scene(.base, team: [.base])
    #expect(alone.report().sentence == "Cannot tell: no other node is trusted yet (acqd trust CARD).")
    alone.link(.base)
    #expect(alone.report().state == .inSync)
  }

  @Test("what nobody holds is an alarm, and the reason of its row")
  func lost() {
    var scene = Scene(.base)
    scene.link(.car)
    scene.seal(1, on: [])
    #expect(scene.report().alarms == ["1 recording lost: held by nobody, for example 1.mcap"])
    #expect(scene.report().recordings.first?.reason == "lost: nobody holds it")
  }
}
