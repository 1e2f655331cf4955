import AcqCatalog
import AcqCore
import AcqHTTP
import AcqPages
import AcqReplication

/// What the cloud's page shows of a query's result.
enum RecordingsView {
  private static let filterNames = ["from", "to", "topic", "text", "origin", "sort"]

  /// The page of a result; `problem` says what is wrong with the filters, then there are no rows.
  static func make(
    _ page: CatalogPage, request: HTTPRequest, view: TeamView, nodeName: String, problem: String? = nil
  ) -> String {
    var filters: [String: String] = [:]
    for name in filterNames { filters[name] = request.parameter(name) }
    let origins = Set(
      view.recordings.values.joined().map { view.members[$0.origin]?.name ?? $0.origin.short })
    return RecordingsPage.render(
      RecordingsPage.Model(
        nodeName: nodeName, items: page.entries.map { item($0, view) }, filters: filters,
        origins: origins.sorted(),
        next: page.next.map { link(filters, cursor: $0.description) }, problem: problem))
  }

  private static func item(_ entry: CatalogEntry, _ view: TeamView) -> RecordingsPage.Item {
    let offset = view.clockOffsetMs(of: entry.id)
    return RecordingsPage.Item(
      id: entry.id, name: entry.name, origin: entry.originName, sizeBytes: entry.sizeBytes,
      begins: entry.startNs.map { LocalClock.dayText(ClockOffset.apply(offset, to: $0)) },
      durationSeconds: entry.durationNs.map { Double($0) / 1e9 }, isCutOff: entry.isCutOff,
      topics: entry.topics.sorted { ($0.count, $1.name) > ($1.count, $0.name) }.map(\.name),
      problems: entry.problems)
  }

  private static func link(_ filters: [String: String], cursor: String) -> String {
    let pairs = filterNames.compactMap { name in filters[name].flatMap { $0.isEmpty ? nil : (name, $0) } }
    return "/?" + (pairs + [("cursor", cursor)]).map { "\($0.0)=\(encode($0.1))" }.joined(separator: "&")
  }

  private static func encode(_ text: String) -> String {
    text.utf8.map { byte -> String in
      switch Unicode.Scalar(byte) {
      case "a"..."z", "A"..."Z", "0"..."9", "-", ".", "_", "~": String(Unicode.Scalar(byte))
      case _: "%" + Hex.encode([byte]).uppercased()
      }
    }.joined()
  }
}
