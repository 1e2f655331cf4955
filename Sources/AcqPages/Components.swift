import AcqCore

/// What the pages are put together from.
enum Components {
  /// A link in the bar at the top.
  struct Link {
    var text: String
    var target: String
    /// Whether it leads to the page that it stands on.
    var isHere = false
  }

  /// The bar at the top.
  static func header(role: Role, name: String, links: [Link]) -> HTML {
    .element(
      "header", ["class": "bar"],
      .element("a", ["href": "/", "class": "brand"], .text("acqd")),
      .element("span", ["class": "node"], .text(name), .element("span", ["class": "role"], .text(role.name))),
      links.isEmpty
        ? .empty
        : .element(
          "nav", ["aria-label": "Pages"],
          links.map {
            .element(
              "a", ["href": $0.target, "aria-current": $0.isHere ? "page" : nil], .text($0.text))
          }))
  }

  /// A heading, a line about what follows, and that.
  static func section(_ title: String, note: String? = nil, _ children: HTML...) -> HTML {
    .element(
      "section", [:],
      [
        .element(
          "div", ["class": "heading"], .element("h2", [:], .text(title)),
          note.map { .element("p", ["class": "quiet"], .text($0)) } ?? .empty)
      ] + children)
  }

  /// A table that turns into cards on a phone: each cell knows its column's name. Roles are said, because a browser
  /// forgets them when the table is laid out otherwise.
  static func table(_ label: String, _ head: [String], _ rows: [HTML]) -> HTML {
    .element(
      "table", ["role": "table", "aria-label": label],
      .element(
        "thead", ["role": "rowgroup"],
        .element(
          "tr", ["role": "row"],
          head.map { .element("th", ["scope": "col", "role": "columnheader"], .text($0)) })),
      .element("tbody", ["role": "rowgroup"], rows))
  }

  /// A row of such a table.
  static func row(_ state: String?, _ cells: HTML...) -> HTML {
    .element("tr", ["role": "row", "class": state], cells)
  }

  /// What a cell holds, which decides how much room it gets.
  enum Kind: String {
    /// Text that may wrap.
    case text
    /// An amount or a moment: one line, figures of one width.
    case amount
    /// A recording's way.
    case way
    /// Links to press.
    case actions
  }

  /// A cell of such a table.
  static func cell(_ label: String, _ kind: Kind = .text, _ children: HTML...) -> HTML {
    .element(
      "td", ["role": "cell", "data-label": label, "class": kind == .text ? nil : kind.rawValue],
      .element("div", [:], children))
  }

  /// The cell that names its row: the card's heading on a phone.
  static func title(_ name: String, marks: [HTML] = [], below: String? = nil) -> HTML {
    .element(
      "th", ["role": "rowheader", "scope": "row"],
      [.element("span", ["class": "name"], .text(name))] + marks.flatMap { [.text(" "), $0] }
        + (below.map { [.element("span", ["class": "below"], .text($0))] } ?? []))
  }

  /// A word that stands out.
  static func tag(_ text: String, isBad: Bool = false, title: String? = nil) -> HTML {
    .element("span", ["class": isBad ? "tag bad" : "tag", "title": title], .text(text))
  }

  /// A moment: for people in local time, for programs in UTC.
  static func time(_ text: String, nanoseconds: UInt64) -> HTML {
    .element("time", ["datetime": UTCTime(nanoseconds: nanoseconds).text], .text(text))
  }

  /// A labelled field of a form.
  static func field(
    _ label: String, name: String, value: String, type: String = "text", placeholder: String? = nil
  ) -> HTML {
    .element(
      "label", [:], .element("span", [:], .text(label)),
      .element(
        "input",
        [
          "type": type, "name": name, "value": value, "placeholder": placeholder, "autocomplete": "off",
          "autocapitalize": "off", "spellcheck": "false",
        ]))
  }

  /// A labelled choice of a form.
  static func choice(
    _ label: String, name: String, value: String, options: [(value: String, text: String)]
  ) -> HTML {
    .element(
      "label", [:], .element("span", [:], .text(label)),
      .element(
        "select", ["name": name],
        options.map { option in
          .element(
            "option", ["value": option.value, "selected": option.value == value ? "" : nil],
            .text(option.text))
        }))
  }
}
