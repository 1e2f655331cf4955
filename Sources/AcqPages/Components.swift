import AcqCore

/// What the pages are put together from.
enum Components {
  /// The bar at the top.
  static func header(role: Role, name: String, links: [(text: String, target: String)]) -> HTML {
    .element(
      "header", [:],
      .element("a", ["href": "/", "class": "brand"], .text("acqd")),
      .element("span", ["class": "node"], .text("\(name) (\(role.name))")),
      .element("nav", [:], links.map { .element("a", ["href": $0.target], .text($0.text)) }))
  }

  /// A heading and what stands under it.
  static func section(_ title: String, _ children: HTML...) -> HTML {
    .element("section", [:], [.element("h2", [:], .text(title))] + children)
  }

  /// A table that turns into cards on a phone: each cell knows its column's name.
  static func table(_ head: [String], _ rows: [HTML]) -> HTML {
    .element(
      "table", [:],
      .element("thead", [:], .element("tr", [:], head.map { .element("th", ["scope": "col"], .text($0)) })),
      .element("tbody", [:], rows))
  }

  /// A cell of such a table.
  static func cell(_ label: String, _ children: HTML...) -> HTML {
    .element("td", ["data-label": label], [.element("div", [:], children)])
  }

  /// A labelled text field of a form.
  static func field(
    _ label: String, name: String, value: String, type: String = "text", placeholder: String? = nil
  ) -> HTML {
    .element(
      "label", [:], .element("span", [:], .text(label)),
      .element("input", ["type": type, "name": name, "value": value, "placeholder": placeholder]))
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
