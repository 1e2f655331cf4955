public import AcqCore

/// The status page of every role: first a sentence to act on, then nodes, then every recording's way.
public enum StatusPage {
  /// How often the page loads itself again.
  private static let refreshSeconds = 5
  /// Recordings shown; the newest ones. More would make a phone slow.
  private static let recordingsMax = 500

  /// The page. `clockText` shows a moment (milliseconds since 1970) as local time, `dayText` one in nanoseconds as day
  /// and time; `listLink` leads to the cloud's list.
  public static func render(
    _ report: StatusReport, clockText: (UInt64) -> String, dayText: (UInt64) -> String,
    listLink: String? = nil
  ) -> String {
    let body = [
      Components.header(
        role: report.node.role, name: report.node.name, links: listLink.map { [("Recordings", $0)] } ?? []),
      HTML.element(
        "main", [:],
        HTML.element("p", ["class": "sentence state-\(mark(report.state))"], .text(report.sentence)),
        alarms(report.alarms), nodes(report), recordings(report, dayText),
        HTML.element(
          "p", ["class": "quiet"],
          .text("As of \(clockText(report.nowMs)); loads itself again every \(refreshSeconds) s."))
      ),
    ]
    return HTML.document(
      title: "\(report.node.name): \(report.state.rawValue)", refreshSeconds: refreshSeconds, body[0], body[1]
    )
  }

  private static func mark(_ state: StatusReport.State) -> String {
    switch state {
    case .inSync: "good"
    case .gaps: "busy"
    case .cannotTell: "unknown"
    case .diskFull: "bad"
    }
  }

  private static func alarms(_ alarms: [String]) -> HTML {
    guard !alarms.isEmpty else { return .empty }
    return .element(
      "ul", ["class": "alarms"],
      alarms.map { .element("li", [:], .element("strong", [:], .text("Alarm: ")), .text($0)) })
  }

  private static func nodes(_ report: StatusReport) -> HTML {
    let rows = report.nodes.map { node -> HTML in
      let isOwn = node.id == report.node.id
      let missing = node.missing == 0 ? "nothing" : "\(node.missing) (\(Amount.bytes(node.missingBytes)))"
      let since =
        node.missing > 0 && node.sinceMs != nil
        ? ", for \(StatusText.ago(node.sinceMs, report.nowMs).replacing(" ago"))" : ""
      let link = node.link ?? (isOwn ? "this node" : "no session")
      let heard = isOwn ? "" : ", last contact \(StatusText.ago(node.lastContactMs, report.nowMs))"
      return .element(
        "tr", ["class": node.missing == 0 ? nil : "busy"],
        Components.cell("Node", .element("strong", [:], .text(node.name)), .text(" \(node.role.name)")),
        Components.cell("Holds", .text("\(node.held)")), Components.cell("Freed", .text("\(node.freed)")),
        Components.cell("Misses", .text(missing + since)), Components.cell("Link", .text(link + heard)))
    }
    return Components.section("Nodes", Components.table(["Node", "Holds", "Freed", "Misses", "Link"], rows))
  }

  private static func recordings(_ report: StatusReport, _ dayText: (UInt64) -> String) -> HTML {
    guard !report.recordings.isEmpty else {
      return Components.section("Recordings", .element("p", [:], .text("None yet.")))
    }
    let rows = report.recordings.prefix(recordingsMax).map { recording -> HTML in
      let time = recording.startNs.map {
        dayText($0) + (recording.isTimeCorrected ? " (clock corrected)" : "")
      }
      return .element(
        "tr", [:],
        Components.cell(
          "Recording", .element("strong", [:], .text(recording.name)),
          recording.isCutOff ? .text(" ") + .element("span", ["class": "tag"], .text("cut off")) : .empty),
        Components.cell("From", .text(recording.origin)), Components.cell("Begins", .text(time ?? "–")),
        Components.cell("Size", .text(Amount.bytes(recording.sizeBytes))),
        Components.cell("Way", way(recording)))
    }
    let hidden = report.recordings.count - rows.count
    let note =
      hidden > 0
      ? HTML.element("p", ["class": "quiet"], .text("\(hidden) older ones are not shown.")) : .empty
    return Components.section(
      "Recordings", Components.table(["Recording", "From", "Begins", "Size", "Way"], Array(rows)), note)
  }

  private static func way(_ recording: StatusReport.Recording) -> HTML {
    let steps = [
      ("sealed", recording.isSealed), ("base", recording.isOnBase), ("cloud", recording.isOnCloud),
      ("catalog", recording.isCatalogued),
    ]
    let shown = steps.map { name, isDone -> HTML in
      .element("li", ["class": isDone ? "done" : "open"], .text("\(isDone ? "✓" : "·") \(name)"))
    }
    let reason = recording.reason.map { HTML.element("span", ["class": "reason"], .text($0)) } ?? .empty
    return .element("ol", ["class": "way"], shown) + reason
  }
}

extension String {
  fileprivate func replacing(_ suffix: String) -> String {
    hasSuffix(suffix) ? String(dropLast(suffix.count)) : self
  }
}
