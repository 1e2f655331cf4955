import AcqCore
import AcqPages

/// Teams to look at.
enum Fixtures {
  /// 2026-11-23 21:58:03 UTC.
  static let nowMs: UInt64 = 1_795_471_083_000
  static let nowNs = nowMs * 1_000_000
  /// What an attacker, or a careless person, calls a file.
  static let hostile = "<script>alert(1)</script>\"'&\u{1B}[31m\n\u{202E}pacm.\u{0}exe\u{200B}"

  static func nodeID(_ number: UInt8) throws -> NodeID {
    guard let id = NodeID([UInt8](repeating: number, count: 32)) else {
      throw CoreError(.malformed, "id", offset: 0)
    }
    return id
  }

  static func contentID(_ number: Int) throws -> ContentID {
    let bytes = (0..<32).map { UInt8(truncatingIfNeeded: number &* 31 &+ $0 &* 7) }
    guard let id = ContentID(bytes) else { throw CoreError(.malformed, "id", offset: 0) }
    return id
  }

  static func node(_ role: Role, held: Int, missing: Int = 0, heardSecondsAgo: UInt64? = 2) throws
    -> StatusReport.Node
  {
    let names: [Role: String] = [.car: "ksu-26", .base: "pit-laptop", .cloud: "cloud.ksu.example"]
    return StatusReport.Node(
      id: try nodeID(role.rawValue + 1), name: names[role] ?? "", role: role, held: held,
      freed: role == .car ? 4 : 0, missing: missing, missingBytes: UInt64(missing) * 137_400_000,
      sinceMs: missing > 0 ? nowMs - 185_000 : nil, lastContactMs: heardSecondsAgo.map { nowMs - $0 * 1000 },
      link: heardSecondsAgo.map {
        $0 < 60 ? "in session, statements equal, round trip 3.4 ms" : "no session"
      })
  }

  static func recording(_ number: Int, isDone: Bool = true, _ reason: String? = nil) throws
    -> StatusReport.Recording
  {
    StatusReport.Recording(
      id: try contentID(number), name: "\(number).mcap", origin: "ksu-26",
      sizeBytes: 137_400_000 * UInt64(number % 5 + 1),
      startNs: nowNs - UInt64(number % 100) * 1_800_000_000_000, isTimeCorrected: number % 3 == 0,
      isCutOff: number % 2 == 0, isSealed: true, isOnBase: isDone, isOnCloud: isDone, isCatalogued: isDone,
      reason: reason)
  }

  /// The car, at the end of a good day.
  static func safeCar() throws -> StatusReport {
    let car = try node(.car, held: 12)
    return StatusReport(
      node: car, state: .inSync,
      sentence: "You may switch the car off: all 12 recordings are on pit-laptop, verified 21:58:03.",
      nodes: [car, try node(.base, held: 12), try node(.cloud, held: 12, heardSecondsAgo: nil)],
      recordings: try (1...12).map { try recording($0) }, alarms: [], nowMs: nowMs)
  }

  /// A base while recordings come in, with everything that can stand in a row.
  static func busyBase() throws -> StatusReport {
    let base = try node(.base, held: 9, missing: 3)
    var fresh = try recording(1, isDone: false, "arriving from ksu-26: 41 %")
    fresh.startNs = 1_234_000_000_000
    var relayed = try recording(
      3, isDone: false, "waiting: no contact with cloud.ksu.example since 21:40:10")
    relayed.isOnBase = true
    var uncatalogued = try recording(4, isDone: true, "not yet in the catalog of cloud.ksu.example")
    uncatalogued.isCatalogued = false
    let refused = StatusReport.Recording(
      id: nil, name: "logo.mcap", origin: "pit-laptop", sizeBytes: 48_213,
      reason: "refused: this is a PNG image, not MCAP")
    var empty = try recording(6)
    empty.startNs = nil
    var long = try recording(7)
    long.name = String(repeating: "a-name-that-somebody-thought-was-a-sentence", count: 3) + ".mcap"
    return StatusReport(
      node: base, state: .gaps,
      sentence: "Wait: 3 recordings, 412 MB still to come to pit-laptop, about 40 s.",
      nodes: [
        base, try node(.car, held: 12), try node(.cloud, held: 8, missing: 4, heardSecondsAgo: 1083),
      ],
      recordings: [
        refused, fresh, try recording(2, isDone: false, "queued"), relayed, uncatalogued, empty, long,
      ] + (try (8...12).map { try recording($0) }),
      alarms: [
        "Two machines use the key of ksu-26: its statement 17 exists twice. Give one of them a key of its own "
          + "(acqd keygen)."
      ], nowMs: nowMs)
  }

  /// A base whose disk is full and whose car is named by an attacker.
  static func fullDisk() throws -> StatusReport {
    var report = try busyBase()
    report.state = .diskFull
    report.sentence =
      "Disk full on pit-laptop: pulls pause until space is freed; 3 recordings, 412 MB still to come."
    report.recordings = try (1...3).map { number in
      var row = try recording(number, isDone: false, "waiting: disk full \(hostile)")
      row.name = hostile
      row.origin = hostile
      return row
    }
    report.nodes[1].name = hostile
    report.nodes[1].link = hostile
    report.alarms = [hostile]
    return report
  }

  /// A cloud that nobody has talked to.
  static func lonelyCloud() throws -> StatusReport {
    let cloud = try node(.cloud, held: 0)
    return StatusReport(
      node: cloud, state: .cannotTell,
      sentence: "Cannot tell: no contact since 21:40; then 2 recordings were nowhere else.",
      nodes: [cloud], recordings: [], alarms: [], nowMs: nowMs)
  }

  static func item(_ number: Int) throws -> RecordingsPage.Item {
    let topics = [
      "imu", "gps/fix", "acu/core", "wheel_speeds", "pedals", "drivetrain/inverter/temperatures",
      "vehicle/state", "tf",
    ]
    return RecordingsPage.Item(
      id: try contentID(number), name: number == 3 ? hostile : "\(number).mcap",
      origin: number == 3 ? hostile : "ksu-26", sizeBytes: 23_456_789 * UInt64(number),
      begins: number == 5 ? nil : "2026-11-\(10 + number) 14:\(10 + number):03",
      startNs: number == 5 ? nil : nowNs - UInt64(number) * 86_400_000_000_000,
      durationSeconds: number == 5 ? nil : Double(number * number) * 97.3, isCutOff: number % 2 == 0,
      topics: number == 5 ? [] : number == 3 ? [hostile] : Array(topics.prefix(number)),
      problems: number == 4 ? ["chunk at 18,437,120: CRC-32 does not match"] : [])
  }

  static func list(filters: [String: String] = [:]) throws -> RecordingsPage.Model {
    RecordingsPage.Model(
      nodeName: "cloud.ksu.example", items: try (1...8).map(item), filters: filters,
      origins: ["ksu-25", "ksu-26"], next: "/?sort=-start&cursor=abc%2B")
  }

  static func page(_ report: StatusReport, listLink: String? = nil) -> String {
    StatusPage.render(
      report, clockText: { UTCTime(nanoseconds: $0 * 1_000_000).clockText },
      dayText: { nanoseconds in
        let time = UTCTime(nanoseconds: nanoseconds)
        return "\(time.dateText) \(time.clockText)"
      }, listLink: listLink)
  }
}
