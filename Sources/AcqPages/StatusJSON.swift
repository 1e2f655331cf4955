public import AcqCore

/// The status as JSON (product, "Status JSON"), both ways: `acqd status` reads what the daemon writes.
public enum StatusJSON {
  /// Every name of the product's shape is always there, null when there is nothing to say; a few more follow them. Moments
  /// are RFC 3339 in UTC, nanoseconds and other 64-bit integers decimal strings.
  public static func encode(_ report: StatusReport) -> JSON {
    .members([
      "node": node(report.node), "state": .string(report.state.rawValue),
      "sentence": .string(report.sentence), "nodes": .array(report.nodes.map(node)),
      "recordings": .array(report.recordings.map(recording)),
      "alarms": .array(report.alarms.map(JSON.string)), "now": moment(report.nowMs),
    ])
  }

  private static func integer(_ value: UInt64?) -> JSON { value.map { .string(String($0)) } ?? .null }

  private static func moment(_ ms: UInt64?) -> JSON {
    guard let ms else { return .null }
    let (nanoseconds, overflow) = ms.multipliedReportingOverflow(by: 1_000_000)
    return .string(UTCTime(nanoseconds: overflow ? .max : nanoseconds).text)
  }

  private static func time(_ nanoseconds: UInt64?) -> JSON {
    nanoseconds.map { .string(UTCTime(nanoseconds: $0).text) } ?? .null
  }

  private static func node(_ node: StatusReport.Node) -> JSON {
    .members([
      "id": .string(node.id.hex), "name": .string(node.name), "role": .string(node.role.name),
      "held": .integer(node.held), "freed": .integer(node.freed), "missing": .integer(node.missing),
      "missingBytes": integer(node.missingBytes), "since": moment(node.sinceMs),
      "lastContact": moment(node.lastContactMs), "link": node.link.map(JSON.string) ?? .null,
    ])
  }

  private static func recording(_ recording: StatusReport.Recording) -> JSON {
    .members([
      "id": recording.id.map { .string($0.hex) } ?? .null, "name": .string(recording.name),
      "sealed": .bool(recording.isSealed), "base": .bool(recording.isOnBase),
      "cloud": .bool(recording.isOnCloud), "catalog": .bool(recording.isCatalogued),
      "reason": recording.reason.map(JSON.string) ?? .null, "origin": .string(recording.origin),
      "sizeBytes": integer(recording.sizeBytes), "start": time(recording.startNs),
      "startNs": integer(recording.startNs), "timeCorrected": .bool(recording.isTimeCorrected),
      "cutOff": .bool(recording.isCutOff),
    ])
  }

  // MARK: - Reading

  /// Reads what `encode` wrote; names that are not known are passed over, what is missing or of another type is an error.
  public static func decode(_ bytes: [UInt8]) throws(CoreError) -> StatusReport {
    let json = try JSON(parsing: bytes)
    let state = try Self.text(json, "state")
    guard let state = StatusReport.State(rawValue: state) else { throw malformed("state") }
    var nodes: [StatusReport.Node] = []
    for item in try array(json, "nodes") { nodes.append(try readNode(item)) }
    var recordings: [StatusReport.Recording] = []
    for item in try array(json, "recordings") { recordings.append(try readRecording(item)) }
    guard let node = json["node"], let nowMs = try moment(json, "now") else { throw malformed("now") }
    return StatusReport(
      node: try readNode(node), state: state, sentence: try text(json, "sentence"), nodes: nodes,
      recordings: recordings, alarms: try array(json, "alarms").compactMap(\.string), nowMs: nowMs)
  }

  private static func malformed(_ name: String) -> CoreError {
    CoreError(.malformed, "status: \(name) is missing or of another type", offset: 0)
  }

  private static func text(_ json: JSON, _ name: String) throws(CoreError) -> String {
    guard let text = json[name]?.string else { throw malformed(name) }
    return text
  }

  private static func array(_ json: JSON, _ name: String) throws(CoreError) -> [JSON] {
    guard let array = json[name]?.array else { throw malformed(name) }
    return array
  }

  private static func flag(_ json: JSON, _ name: String) throws(CoreError) -> Bool {
    guard let flag = json[name]?.bool else { throw malformed(name) }
    return flag
  }

  private static func count(_ json: JSON, _ name: String) throws(CoreError) -> Int {
    guard let count = json[name]?.int64, count >= 0 else { throw malformed(name) }
    return Int(count)
  }

  /// Nil for null.
  private static func optional<Value>(
    _ json: JSON, _ name: String, _ read: (String) -> Value?
  ) throws(CoreError) -> Value? {
    guard let member = json[name] else { throw malformed(name) }
    if member == .null { return nil }
    guard let text = member.string, let value = read(text) else { throw malformed(name) }
    return value
  }

  private static func moment(_ json: JSON, _ name: String) throws(CoreError) -> UInt64? {
    try optional(json, name) { UTCTime(parsing: $0).map { $0.nanoseconds / 1_000_000 } }
  }

  private static func readNode(_ json: JSON) throws(CoreError) -> StatusReport.Node {
    guard let id = NodeID(hex: try text(json, "id")) else { throw malformed("id") }
    guard let role = Role(name: try text(json, "role")) else { throw malformed("role") }
    guard let missingBytes = try optional(json, "missingBytes", { UInt64($0) }) else {
      throw malformed("missingBytes")
    }
    return StatusReport.Node(
      id: id, name: try text(json, "name"), role: role, held: try count(json, "held"),
      freed: try count(json, "freed"), missing: try count(json, "missing"), missingBytes: missingBytes,
      sinceMs: try moment(json, "since"), lastContactMs: try moment(json, "lastContact"),
      link: try optional(json, "link") { $0 })
  }

  private static func readRecording(_ json: JSON) throws(CoreError) -> StatusReport.Recording {
    guard let sizeBytes = try optional(json, "sizeBytes", { UInt64($0) }) else {
      throw malformed("sizeBytes")
    }
    return StatusReport.Recording(
      id: try optional(json, "id") { ContentID(hex: $0) }, name: try text(json, "name"),
      origin: try text(json, "origin"), sizeBytes: sizeBytes,
      startNs: try optional(json, "startNs") { UInt64($0) },
      isTimeCorrected: try flag(json, "timeCorrected"), isCutOff: try flag(json, "cutOff"),
      isSealed: try flag(json, "sealed"), isOnBase: try flag(json, "base"),
      isOnCloud: try flag(json, "cloud"),
      isCatalogued: try flag(json, "catalog"), reason: try optional(json, "reason") { $0 })
  }
}
