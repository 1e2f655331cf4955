public import AcqCore

/// The status as JSON (product, "Status JSON"), both ways: `acqd status` reads what the daemon writes.
public enum StatusJSON {
  /// Times in milliseconds since 1970 and all 64-bit integers are decimal strings.
  public static func encode(_ report: StatusReport) -> JSON {
    .members([
      "node": node(report.node), "state": .string(report.state.rawValue),
      "sentence": .string(report.sentence),
      "nodes": .array(report.nodes.map(node)), "recordings": .array(report.recordings.map(recording)),
      "alarms": .array(report.alarms.map(JSON.string)), "now": text(report.nowMs),
    ])
  }

  private static func text(_ value: UInt64?) -> JSON { value.map { .string(String($0)) } ?? .null }

  private static func node(_ node: StatusReport.Node) -> JSON {
    .members([
      "id": .string(node.id.hex), "name": .string(node.name), "role": .string(node.role.name),
      "held": .integer(node.held), "freed": .integer(node.freed), "missing": .integer(node.missing),
      "missingBytes": text(node.missingBytes), "since": text(node.sinceMs),
      "lastContact": text(node.lastContactMs),
      "link": node.link.map(JSON.string) ?? .null,
    ])
  }

  private static func recording(_ recording: StatusReport.Recording) -> JSON {
    .members([
      "id": recording.id.map { .string($0.hex) } ?? .null, "name": .string(recording.name),
      "origin": .string(recording.origin), "sizeBytes": text(recording.sizeBytes),
      "startNs": text(recording.startNs),
      "timeCorrected": .bool(recording.isTimeCorrected), "cutOff": .bool(recording.isCutOff),
      "sealed": .bool(recording.isSealed), "base": .bool(recording.isOnBase),
      "cloud": .bool(recording.isOnCloud),
      "catalog": .bool(recording.isCatalogued), "reason": recording.reason.map(JSON.string) ?? .null,
    ])
  }

  // MARK: - Reading

  /// Reads what `encode` wrote; names that are not known are passed over.
  public static func decode(_ bytes: [UInt8]) throws(CoreError) -> StatusReport {
    let json = try JSON(parsing: bytes)
    guard let node = json["node"].flatMap(readNode),
      let state = json["state"]?.string.flatMap(StatusReport.State.init(rawValue:)),
      let sentence = json["sentence"]?.string, let nodes = json["nodes"]?.array,
      let recordings = json["recordings"]?.array, let nowMs = number(json["now"])
    else { throw CoreError(.malformed, "this is no status", offset: 0) }
    return StatusReport(
      node: node, state: state, sentence: sentence, nodes: nodes.compactMap(readNode),
      recordings: recordings.compactMap(readRecording),
      alarms: json["alarms"]?.array?.compactMap(\.string) ?? [], nowMs: nowMs)
  }

  private static func number(_ json: JSON?) -> UInt64? { json?.string.flatMap { UInt64($0) } }

  private static func readNode(_ json: JSON) -> StatusReport.Node? {
    guard let id = json["id"]?.string.flatMap({ NodeID(hex: $0) }), let name = json["name"]?.string,
      let role = json["role"]?.string.flatMap({ Role(name: $0) }), let held = json["held"]?.int64,
      let freed = json["freed"]?.int64, let missing = json["missing"]?.int64
    else { return nil }
    return StatusReport.Node(
      id: id, name: name, role: role, held: Int(held), freed: Int(freed), missing: Int(missing),
      missingBytes: number(json["missingBytes"]) ?? 0, sinceMs: number(json["since"]),
      lastContactMs: number(json["lastContact"]), link: json["link"]?.string)
  }

  private static func readRecording(_ json: JSON) -> StatusReport.Recording? {
    guard let name = json["name"]?.string, let origin = json["origin"]?.string else { return nil }
    let flag = { (name: String) in json[name]?.bool == true }
    return StatusReport.Recording(
      id: json["id"]?.string.flatMap { ContentID(hex: $0) }, name: name, origin: origin,
      sizeBytes: number(json["sizeBytes"]) ?? 0, startNs: number(json["startNs"]),
      isTimeCorrected: flag("timeCorrected"), isCutOff: flag("cutOff"), isSealed: flag("sealed"),
      isOnBase: flag("base"), isOnCloud: flag("cloud"), isCatalogued: flag("catalog"),
      reason: json["reason"]?.string)
  }
}
