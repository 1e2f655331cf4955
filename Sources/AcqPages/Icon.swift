/// Shapes beside words, so that no state is told by colour alone. Drawn in the colour of the text around them.
enum Icon {
  /// A tick in a disc.
  static let done = make(
    "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm-1.4 14.6-4.4-4.4 1.6-1.6 2.8 2.8 5.9-5.9 1.6 1.6Z")
  /// An empty ring.
  static let open = make(
    "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm0 2.4a7.6 7.6 0 1 1 0 15.2 7.6 7.6 0 0 1 0-15.2Z")
  /// An arrow on its way, in a disc.
  static let busy = make(
    "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm0 15.6-1.6-1.6 2.8-2.9H6.4v-2.2h6.8L10.4 8 12 6.4l5.6 5.6Z")
  /// A question mark in a disc.
  static let unknown = make(
    "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm1.2 16h-2.4v-2.4h2.4Zm1.9-6.7c-.9.9-1.8 1.3-1.8 2.8h-2.5c0-2.2 1-3 1.9-3.8.6-.6 "
      + "1-1 1-1.7a1.7 1.7 0 0 0-3.4 0H7.8a4.2 4.2 0 1 1 8.4 0c0 1.2-.5 2.1-1.1 2.7Z")
  /// An exclamation mark in a triangle.
  static let alarm = make("M12 2 1 21h22Zm-1.2 7h2.4v6h-2.4Zm0 7.5h2.4V19h-2.4Z")

  private static func make(_ path: String) -> HTML {
    .element(
      "svg", ["viewBox": "0 0 24 24", "aria-hidden": "true", "class": "icon"],
      .element("path", ["d": path, "fill": "currentColor", "fill-rule": "evenodd"]))
  }
}
