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
    /// First message, nanoseconds since 1970, for programs that read the page; nil without messages or when unknown.
    public var startNs: UInt64?
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
      id: ContentID, name: String, origin: String, sizeBytes: UInt64, begins: String?, startNs: UInt64? = nil,
      durationSeconds: Double?, isCutOff: Bool, topics: [String], problems: [String]
    ) {
      self.id = id
      self.name = name
      self.origin = origin
      self.sizeBytes = sizeBytes
      self.begins = begins
      self.startNs = startNs
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

  /// Topics named in a row; the others are counted.
  private static let topicsMax = 4
  private static let orders = [
    (value: "-start", text: "newest first"), (value: "start", text: "oldest first"),
    (value: "name", text: "by name"),
    (value: "-size", text: "largest first"), (value: "size", text: "smallest first"),
    (value: "-duration", text: "longest first"), (value: "duration", text: "shortest first"),
  ]

  /// The page.
  public static func render(_ model: Model) -> String {
    HTML.document(
      title: "Recordings on \(model.nodeName)",
      Components.header(
        role: .cloud, name: model.nodeName,
        links: [
          Components.Link(text: "Recordings", target: "/", isHere: true),
          Components.Link(text: "Status", target: "/status"),
        ]),
      HTML.element(
        "main", [:], HTML.element("h1", [:], .text("Recordings")), form(model), problem(model), list(model),
        next(model)))
  }

  private static func problem(_ model: Model) -> HTML {
    guard let problem = model.problem else { return .empty }
    return .element(
      "p", ["class": "problem", "role": "alert"], Icon.alarm, .element("span", [:], .text(problem)))
  }

  private static func next(_ model: Model) -> HTML {
    guard let next = model.next else { return .empty }
    return .element(
      "p", ["class": "next"],
      .element("a", ["href": next, "class": "button", "rel": "next"], .text("Next page")))
  }

  // MARK: - Filters

  /// Words stand open; the other filters unfold, and stay unfolded while one is set.
  private static func form(_ model: Model) -> HTML {
    let value = { (name: String) in model.filters[name] ?? "" }
    let folded = ["topic", "from", "to", "origin"]
    let isSet = folded.contains { !value($0).isEmpty }
    let isAnySet = isSet || !value("text").isEmpty
    return .element(
      "form", ["method": "get", "action": "/", "class": "filters", "role": "search"],
      .element(
        "div", ["class": "words"],
        Components.field(
          "Words", name: "text", value: value("text"), type: "search", placeholder: "name, driver, event …"),
        Components.choice("Order", name: "sort", value: value("sort"), options: orders),
        .element("button", ["type": "submit"], .text("Show"))),
      .element(
        "div", ["class": "folded"],
        .element(
          "details", ["open": isSet ? "" : nil], .element("summary", [:], .text("More filters")),
          .element(
            "div", ["class": "more"],
            Components.field("Topic", name: "topic", value: value("topic"), placeholder: "imu, or imu*"),
            Components.choice(
              "Made by", name: "origin", value: value("origin"),
              options: [("", "any node")] + model.origins.map { ($0, $0) }),
            day("From day (UTC)", "from", value("from")), day("Before day (UTC)", "to", value("to")))),
        isAnySet ? .element("a", ["href": "/", "class": "reset"], .text("Show all")) : .empty))
  }

  /// A day's field, which a browser helps to fill in; text when the URL holds something that such a field cannot show.
  private static func day(_ label: String, _ name: String, _ value: String) -> HTML {
    let isDay = value.utf8.count == 10 && UTCTime(parsing: value) != nil
    return Components.field(
      label, name: name, value: value, type: isDay || value.isEmpty ? "date" : "text",
      placeholder: "2026-05-02")
  }

  // MARK: - Rows

  private static func list(_ model: Model) -> HTML {
    guard !model.items.isEmpty else {
      if model.problem != nil { return .empty }
      let isFiltered = model.filters.contains { $0.key != "sort" && !$0.value.isEmpty }
      return .element(
        "p", ["class": "none"], .text(isFiltered ? "Nothing matches these filters." : "No recordings yet."))
    }
    return Components.table(
      "Recordings", ["Recording", "Begins", "Length", "Size", "Topics", "Download"], model.items.map(row))
  }

  private static func row(_ item: Item) -> HTML {
    Components.row(
      nil, Components.title(item.name, marks: marks(item), below: "from \(item.origin)"),
      Components.cell("Begins", .amount, begins(item)),
      Components.cell(
        "Length", .amount, .text(item.durationSeconds.map { Amount.length(seconds: $0) } ?? "–")),
      Components.cell("Size", .amount, .text(Amount.bytes(item.sizeBytes))),
      Components.cell("Topics", .text, topics(item.topics)),
      Components.cell("Download", .actions, downloads(item)))
  }

  private static func marks(_ item: Item) -> [HTML] {
    let cutOff =
      item.isCutOff
      ? Components.tag("cut off", title: "Without a footer: every complete message is here") : nil
    let damaged =
      item.problems.isEmpty
      ? nil : Components.tag("damaged", isBad: true, title: item.problems.joined(separator: "; "))
    return [cutOff, damaged].compactMap(\.self)
  }

  private static func begins(_ item: Item) -> HTML {
    guard let begins = item.begins else { return .text("no messages") }
    return item.startNs.map { Components.time(begins, nanoseconds: $0) } ?? .text(begins)
  }

  private static func topics(_ topics: [String]) -> HTML {
    guard !topics.isEmpty else { return .text("none") }
    let shown = topics.prefix(topicsMax).map { HTML.element("span", ["class": "topic"], .text($0)) }
    let more = topics.count - shown.count
    let rest =
      more > 0
      ? [
        HTML.element(
          "span", ["class": "quiet", "title": topics.joined(separator: ", ")], .text("and \(more) more"))
      ] : []
    return .element("div", ["class": "topics"], shown + rest)
  }

  private static func downloads(_ item: Item) -> HTML {
    let link = "/recordings/\(item.id.hex)"
    let button = { (kind: String) -> HTML in
      .element(
        "a",
        ["href": "\(link).\(kind.lowercased())", "class": "button", "aria-label": "\(kind) of \(item.name)"],
        .text(kind))
    }
    let buttons = item.begins == nil ? [button("MCAP")] : [button("MCAP"), button("MAT")]
    return .element("div", ["class": "buttons"], buttons)
  }
}
