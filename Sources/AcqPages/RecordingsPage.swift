public import AcqCore

/// The cloud's page: recordings that are in the catalog, filters, downloads.
public enum RecordingsPage {
  /// One row.
  public struct Item: Hashable, Sendable {
    /// Content id.
    public var id: ContentID
    /// File name.
    public var name: String
    /// Name of the node that made it.
    public var origin: String
    /// Bytes.
    public var sizeBytes: UInt64
    /// First message as local day and time; nil without messages.
    public var begins: String?
    /// From the first to the last message; nil without messages.
    public var durationSeconds: Double?
    /// Whether it has no footer.
    public var isCutOff: Bool
    /// Its topics, most messages first.
    public var topics: [String]
    /// What could not be read of it.
    public var problems: [String]

    /// A row; see the properties.
    public init(
      id: ContentID, name: String, origin: String, sizeBytes: UInt64, begins: String?,
      durationSeconds: Double?,
      isCutOff: Bool, topics: [String], problems: [String]
    ) {
      self.id = id
      self.name = name
      self.origin = origin
      self.sizeBytes = sizeBytes
      self.begins = begins
      self.durationSeconds = durationSeconds
      self.isCutOff = isCutOff
      self.topics = topics
      self.problems = problems
    }
  }

  /// What the page shows.
  public struct Model: Hashable, Sendable {
    /// The cloud's name.
    public var nodeName: String
    /// This page's rows.
    public var items: [Item]
    /// The filters, as they stand in the URL: from, to, topic, text, origin, sort.
    public var filters: [String: String]
    /// Origins to choose from.
    public var origins: [String]
    /// Link to the next page.
    public var next: String?
    /// What went wrong with the filters; nil when nothing did.
    public var problem: String?

    /// A model; see the properties.
    public init(
      nodeName: String, items: [Item], filters: [String: String], origins: [String], next: String?,
      problem: String? = nil
    ) {
      self.nodeName = nodeName
      self.items = items
      self.filters = filters
      self.origins = origins
      self.next = next
      self.problem = problem
    }
  }

  /// Topics named in a row.
  private static let topicsMax = 6

  /// The page.
  public static func render(_ model: Model) -> String {
    HTML.document(
      title: "Recordings on \(model.nodeName)",
      Components.header(role: .cloud, name: model.nodeName, links: [("Status", "/status")]),
      HTML.element(
        "main", [:], HTML.element("h1", [:], .text("Recordings")), form(model),
        model.problem.map { .element("p", ["class": "problem", "role": "alert"], .text($0)) } ?? .empty,
        list(model),
        model.next.map {
          .element(
            "p", ["class": "next"], .element("a", ["href": $0, "class": "button"], .text("Next page")))
        }
          ?? .empty))
  }

  private static func form(_ model: Model) -> HTML {
    let value = { (name: String) in model.filters[name] ?? "" }
    let sorts = [
      ("-start", "newest first"), ("start", "oldest first"), ("name", "name"), ("-size", "largest first"),
      ("-duration", "longest first"),
    ]
    return .element(
      "form", ["method": "get", "action": "/", "class": "filters"],
      Components.field("Words", name: "text", value: value("text"), placeholder: "name, driver, …"),
      Components.field("Topic", name: "topic", value: value("topic"), placeholder: "imu or imu*"),
      Components.field("From", name: "from", value: value("from"), placeholder: "2026-05-02"),
      Components.field("To", name: "to", value: value("to"), placeholder: "2026-05-03"),
      Components.choice(
        "Made by", name: "origin", value: value("origin"),
        options: [("", "anyone")] + model.origins.map { ($0, $0) }),
      Components.choice(
        "Order", name: "sort", value: value("sort"), options: sorts.map { (value: $0.0, text: $0.1) }),
      .element("button", ["type": "submit"], .text("Show")),
      model.filters.values.contains { !$0.isEmpty }
        ? .element("a", ["href": "/", "class": "reset"], .text("Clear")) : .empty)
  }

  private static func list(_ model: Model) -> HTML {
    guard !model.items.isEmpty else {
      let text =
        model.filters.values.contains { !$0.isEmpty }
        ? "Nothing matches these filters." : "No recordings yet."
      return .element("p", [:], .text(text))
    }
    return Components.table(
      ["Recording", "From", "Begins", "Length", "Size", "Topics", "Download"], model.items.map(row))
  }

  private static func row(_ item: Item) -> HTML {
    let link = "/recordings/\(item.id.hex)"
    let marks =
      (item.isCutOff ? HTML.text(" ") + .element("span", ["class": "tag"], .text("cut off")) : .empty)
      + (item.problems.isEmpty
        ? .empty
        : .text(" ")
          + .element(
            "span", ["class": "tag bad", "title": item.problems.joined(separator: "; ")], .text("damaged")))
    let shown = item.topics.prefix(topicsMax).joined(separator: ", ")
    let more = item.topics.count > topicsMax ? " and \(item.topics.count - topicsMax) more" : ""
    return .element(
      "tr", [:], Components.cell("Recording", .element("strong", [:], .text(item.name)), marks),
      Components.cell("From", .text(item.origin)), Components.cell("Begins", .text(item.begins ?? "–")),
      Components.cell("Length", .text(item.durationSeconds.map { Amount.duration(seconds: $0) } ?? "–")),
      Components.cell("Size", .text(Amount.bytes(item.sizeBytes))),
      Components.cell("Topics", .text(item.topics.isEmpty ? "none" : shown + more)),
      Components.cell(
        "Download", .element("a", ["href": "\(link).mcap", "class": "button"], .text("MCAP")), .text(" "),
        .element("a", ["href": "\(link).mat", "class": "button"], .text("MAT"))))
  }
}

/// A page for what went wrong.
public enum ErrorPage {
  /// The page.
  public static func render(role: Role, nodeName: String, title: String, detail: String) -> String {
    HTML.document(
      title: title, Components.header(role: role, name: nodeName, links: [("Status", "/status")]),
      HTML.element(
        "main", [:], HTML.element("h1", [:], .text(title)), HTML.element("p", [:], .text(detail))))
  }
}
