public import AcqCore

/// The status page of every role: first a sentence to act on, then nodes, then every recording's way.
public enum StatusPage {
  /// How often the page loads itself again.
  private static let refreshSeconds = 5
  /// Recordings shown; more would make a phone slow.
  static let recordingsMax = 500
  /// 2000-01-01: recordings that begin earlier come from a machine whose clock was never set.
  private static let plausibleNs: UInt64 = 946_684_800_000_000_000

  /// The page. `clockText` shows a moment (milliseconds since 1970) as local time, `dayText` one in nanoseconds as day
  /// and time; `listLink` leads to the cloud's list.
  public static func render(
    _ report: StatusReport, clockText: (UInt64) -> String, dayText: (UInt64) -> String,
    listLink: String? = nil
  ) -> String {
    let links = listLink.map {
      [
        Components.Link(text: "Recordings", target: $0),
        Components.Link(text: "Status", target: "/status", isHere: true),
      ]
    }
    return HTML.document(
      title: "\(report.node.name): \(title(report.state))", refreshSeconds: refreshSeconds,
      Components.header(role: report.node.role, name: report.node.name, links: links ?? []),
      HTML.element(
        "main", [:], sentence(report, clockText), alarms(report.alarms), nodes(report),
        recordings(report, dayText)))
  }

  // MARK: - What to do

  private static func title(_ state: StatusReport.State) -> String {
    switch state {
    case .inSync: "In sync"
    case .gaps: "Gaps"
    case .cannotTell: "Cannot tell"
    case .diskFull: "Disk full"
    }
  }

  private static func look(_ state: StatusReport.State) -> (style: String, icon: HTML) {
    switch state {
    case .inSync: ("good", Icon.done)
    case .gaps: ("busy", Icon.busy)
    case .cannotTell: ("unknown", Icon.unknown)
    case .diskFull: ("bad", Icon.alarm)
    }
  }

  private static func sentence(_ report: StatusReport, _ clockText: (UInt64) -> String) -> HTML {
    let (style, icon) = look(report.state)
    return .element(
      "section", ["class": "hero \(style)", "aria-label": "What to do"],
      .element("h1", [:], .text(report.sentence)),
      .element(
        "p", [:], icon, .element("strong", [:], .text(title(report.state))),
        .element(
          "span", [:], .text("as of "),
          Components.time(clockText(report.nowMs), nanoseconds: report.nowMs &* 1_000_000),
          .text(", loads itself again every \(refreshSeconds) s"))))
  }

  private static func alarms(_ alarms: [String]) -> HTML {
    guard !alarms.isEmpty else { return .empty }
    return .element(
      "ul", ["class": "alarms", "aria-label": "Alarms"],
      alarms.map { .element("li", [:], Icon.alarm, .element("span", [:], .text($0))) })
  }

  // MARK: - Nodes

  private static func nodes(_ report: StatusReport) -> HTML {
    let rows = report.nodes.map { node -> HTML in
      let isOwn = node.id == report.node.id
      let missing =
        node.missing == 0
        ? "nothing" : "\(Amount.recordings(node.missing)), \(Amount.bytes(node.missingBytes))"
      let since = node.missing == 0 ? nil : node.sinceMs.map { "for \(StatusText.span($0, report.nowMs))" }
      let heard = isOwn ? "this node" : StatusText.ago(node.lastContactMs, report.nowMs, never: "never")
      return Components.row(
        node.missing == 0 ? nil : "lacking",
        Components.title(node.name, marks: [Components.tag(node.role.name)]),
        Components.cell("Holds", .amount, .text(held(node))),
        Components.cell("Misses", .text, .text([missing, since].compactMap(\.self).joined(separator: " "))),
        Components.cell("Last contact", .amount, .text(heard)),
        Components.cell("Link", .text, .text(isOwn ? "–" : node.link ?? "no session")))
    }
    return Components.section(
      "Nodes", Components.table("Nodes", ["Node", "Holds", "Misses", "Last contact", "Link"], rows))
  }

  private static func held(_ node: StatusReport.Node) -> String {
    Amount.recordings(node.held) + (node.freed == 0 ? "" : ", \(node.freed) freed")
  }

  // MARK: - Recordings

  private static func recordings(_ report: StatusReport, _ dayText: (UInt64) -> String) -> HTML {
    guard !report.recordings.isEmpty else {
      return Components.section("Recordings", .element("p", ["class": "none"], .text("None yet.")))
    }
    let shown = chosen(report.recordings)
    let hidden = report.recordings.count - shown.count
    let note = note(report.recordings)
    let more =
      hidden > 0 ? HTML.element("p", ["class": "quiet"], .text("\(hidden) more are not shown.")) : .empty
    return Components.section(
      "Recordings", note: note,
      Components.table(
        "Recordings", ["Recording", "Begins", "Size", "Way"], shown.map { row($0, dayText) }), more)
  }

  /// How many there are, and how many have not arrived. A file that is not sealed is no recording (yet).
  private static func note(_ all: [StatusReport.Recording]) -> String {
    let sealed = all.filter { $0.id != nil }
    let open = sealed.count { !$0.hasArrived }
    let rest = all.count - sealed.count
    let note = "\(sealed.count), " + (open == 0 ? "all the way" : "\(open) still on the way")
    return rest == 0 ? note : note + "; \(rest) \(rest == 1 ? "file" : "files") not sealed"
  }

  /// At most `recordingsMax`, in their order: those that are still on their way, and the newest of the others.
  private static func chosen(_ all: [StatusReport.Recording]) -> [StatusReport.Recording] {
    guard all.count > recordingsMax else { return all }
    var room = max(0, recordingsMax - all.count { !$0.hasArrived })
    let chosen = all.filter { recording in
      guard recording.hasArrived else { return true }
      room -= 1
      return room >= 0
    }
    return Array(chosen.prefix(recordingsMax))
  }

  private static func row(_ recording: StatusReport.Recording, _ dayText: (UInt64) -> String) -> HTML {
    Components.row(
      recording.hasArrived ? nil : "lacking",
      Components.title(
        recording.name, marks: recording.isCutOff ? [Components.tag("cut off")] : [],
        below: "from \(recording.origin)"),
      Components.cell("Begins", .amount, begins(recording, dayText)),
      Components.cell("Size", .amount, .text(Amount.bytes(recording.sizeBytes))),
      Components.cell("Way", .way, way(recording)))
  }

  private static func begins(_ recording: StatusReport.Recording, _ dayText: (UInt64) -> String) -> HTML {
    guard let start = recording.startNs else { return .text(recording.isSealed ? "no messages" : "–") }
    let time = Components.time(dayText(start), nanoseconds: start)
    if recording.isTimeCorrected {
      return time + .element("span", ["class": "below"], .text("clock corrected"))
    }
    return start < plausibleNs
      ? time + .element("span", ["class": "below"], .text("clock was not set")) : time
  }

  private static func way(_ recording: StatusReport.Recording) -> HTML {
    let steps = [
      (recording.isSealed, "sealed", "not sealed"), (recording.isOnBase, "on base", "not on base"),
      (recording.isOnCloud, "on cloud", "not on cloud"),
      (recording.isCatalogued, "in catalog", "not in catalog"),
    ]
    let shown = steps.map { isDone, done, open -> HTML in
      .element(
        "li", ["class": isDone ? "done" : "open"], isDone ? Icon.done : Icon.open,
        .element("span", [:], .text(isDone ? done : open)))
    }
    let reason = recording.reason.map { HTML.element("p", ["class": "reason"], .text($0)) } ?? .empty
    return .element("ol", ["class": "way"], shown) + reason
  }
}

extension StatusReport.Recording {
  /// Whether it needs nothing more. A step may be missing all the same: a cloud that has it needs no base.
  fileprivate var hasArrived: Bool { reason == nil }
}
