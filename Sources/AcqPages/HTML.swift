/// HTML that is escaped by construction: text becomes markup only through here, and names of elements and attributes
/// stand in the source.
public struct HTML: Hashable, Sendable {
  /// The markup.
  public private(set) var markup: String

  private init(markup: String) { self.markup = markup }

  /// Nothing.
  public static let empty = HTML(markup: "")

  /// Text, escaped; control characters become visible.
  public static func text(_ text: String) -> HTML { HTML(markup: escape(text)) }

  /// An element; attributes whose value is nil are left out, an empty value stands for itself (`checked`). A link that
  /// could lead to another site or run something leads nowhere.
  public static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:], _ children: HTML...
  ) -> HTML { element(name, attributes, children) }

  /// An element of many children.
  public static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String?> = [:], _ children: [HTML]
  ) -> HTML {
    var markup = "<\(name)"
    for (name, value) in attributes {
      guard let value else { continue }
      let isLink = ["href", "src", "action"].contains("\(name)")
      markup += " \(name)=\"\(escape(isLink ? ownLink(value) : value))\""
    }
    markup += ">"
    if isVoid("\(name)") { return HTML(markup: markup) }
    for child in children { markup += child.markup }
    return HTML(markup: markup + "</\(name)>")
  }

  /// A whole document.
  public static func document(title: String, refreshSeconds: Int? = nil, _ body: HTML...) -> String {
    let head = [
      element("meta", ["charset": "utf-8"]),
      element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
      element("meta", ["name": "color-scheme", "content": "light dark"]),
      refreshSeconds.map { element("meta", ["http-equiv": "refresh", "content": "\($0)"]) } ?? .empty,
      element("title", [:], text(title)),
      element("link", ["rel": "icon", "href": "data:,"]),
      element("link", ["rel": "stylesheet", "href": "/assets/acqd.css"]),
    ]
    let root = element("html", ["lang": "en"], element("head", [:], head), element("body", [:], body))
    return "<!doctype html>\n" + root.markup + "\n"
  }

  /// One after the other.
  public static func + (a: HTML, b: HTML) -> HTML { HTML(markup: a.markup + b.markup) }

  private static func isVoid(_ name: String) -> Bool {
    ["meta", "link", "input", "br", "hr", "img"].contains(name)
  }

  /// The link itself when it stays on this server, or is the empty icon; otherwise `#`.
  private static func ownLink(_ link: String) -> String {
    let second = link.dropFirst().first
    let isOwn = link.first == "/" && second != "/" && second != "\\" || link.first == "?" || link.first == "#"
    return isOwn || link == "data:," ? link : "#"
  }

  private static func escape(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case _: escaped += Printable.scalar(scalar)
      }
    }
    return escaped
  }
}
