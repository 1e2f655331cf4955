public import AcqCore

/// A page for what went wrong.
public enum ErrorPage {
  /// The page: `title` for the kind, `detail` for this case and what to do.
  public static func render(role: Role, nodeName: String, title: String, detail: String) -> String {
    HTML.document(
      title: title,
      Components.header(
        role: role, name: nodeName, links: [Components.Link(text: "Status", target: "/status")]),
      HTML.element(
        "main", [:],
        HTML.element(
          "section", ["class": "hero bad"], .element("h1", [:], .text(title)),
          .element("p", ["class": "detail"], .text(detail))),
        HTML.element(
          "p", ["class": "onward"],
          .element("a", ["href": "/", "class": "button"], .text("Back to the start")))))
  }
}
