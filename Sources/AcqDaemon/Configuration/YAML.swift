import CYAML

/// A value of a YAML file and where it stands, so that every error can name its line.
struct YAMLNode: Equatable {
  /// Text, a list, or keys with values.
  enum Value: Equatable {
    /// `isPlain`: written without quotation marks.
    case scalar(String, isPlain: Bool)
    case list([YAMLNode])
    case mapping([YAMLEntry])
  }
  let value: Value
  let place: TextPlace

  /// A key without a value, or one whose lines are all comments.
  var isEmpty: Bool { value == .scalar("", isPlain: true) }

  /// What it is, for people.
  var kind: String {
    switch value {
    case .scalar: isEmpty ? "nothing" : "text"
    case .list: "a list"
    case .mapping: "keys with values"
    }
  }
}

/// One key of a mapping with its value.
struct YAMLEntry: Equatable {
  let key: String
  let place: TextPlace
  let value: YAMLNode
}

/// A line and a column of a file, both from 1.
public struct TextPlace: Hashable, Comparable, Sendable {
  /// From 1.
  public let line: Int
  /// From 1, in characters.
  public let column: Int

  /// A place.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }

  /// Earlier in the file is less.
  public static func < (a: TextPlace, b: TextPlace) -> Bool { (a.line, a.column) < (b.line, b.column) }
}

/// Reads one document of the YAML that configuration needs: no anchors, aliases or tags, no key twice.
struct YAMLParser {
  /// A person's file; anything larger is the wrong file.
  static let fileBytesMax = 256 * 1024
  /// Deeper nesting than any key of ours; recursion costs stack.
  static let nestingMax = 8

  private var events: YAMLEvents
  private var current: YAMLEvents.Event

  /// The document in `text`, nil when there is nothing but comments.
  static func parse(_ text: String) throws(ConfigurationProblem) -> YAMLNode? {
    guard text.utf8.count <= fileBytesMax else {
      throw ConfigurationProblem(
        TextPlace(line: 1, column: 1), "the file is larger than \(fileBytesMax / 1024) KiB")
    }
    var parser = try YAMLParser(text)
    return try parser.document()
  }

  private init(_ text: String) throws(ConfigurationProblem) {
    events = YAMLEvents(text)
    current = try events.next()
  }

  private mutating func document() throws(ConfigurationProblem) -> YAMLNode? {
    if current.kind == .end { return nil }
    let node = try node(depth: 0)
    guard current.kind == .end else {
      throw ConfigurationProblem(current.place, "a second document begins here; one is allowed")
    }
    return node
  }

  private mutating func advance() throws(ConfigurationProblem) { current = try events.next() }

  private mutating func node(depth: Int) throws(ConfigurationProblem) -> YAMLNode {
    let start = current
    guard depth <= Self.nestingMax else {
      throw ConfigurationProblem(start.place, "nested more than \(Self.nestingMax) levels deep")
    }
    try advance()
    switch start.kind {
    case .scalar(let text, let isPlain):
      return YAMLNode(value: .scalar(text, isPlain: isPlain), place: start.place)
    case .listStart:
      var items: [YAMLNode] = []
      while current.kind != .listEnd { items.append(try node(depth: depth + 1)) }
      try advance()
      return YAMLNode(value: .list(items), place: start.place)
    case .mappingStart:
      return YAMLNode(value: .mapping(try entries(depth: depth)), place: start.place)
    case .listEnd, .mappingEnd, .end:
      throw ConfigurationProblem(start.place, "a value is missing")
    }
  }

  private mutating func entries(depth: Int) throws(ConfigurationProblem) -> [YAMLEntry] {
    var entries: [YAMLEntry] = []
    while current.kind != .mappingEnd {
      guard case .scalar(let key, _) = current.kind else {
        throw ConfigurationProblem(current.place, "a key must be a word")
      }
      let place = current.place
      if let first = entries.first(where: { $0.key == key }) {
        throw ConfigurationProblem(place, "`\(key)` stands here twice; first in line \(first.place.line)")
      }
      try advance()
      entries.append(YAMLEntry(key: key, place: place, value: try node(depth: depth + 1)))
    }
    try advance()
    return entries
  }
}

/// libyaml's events, without those that carry nothing.
private final class YAMLEvents {
  struct Event {
    enum Kind: Equatable {
      case scalar(String, isPlain: Bool)
      case listStart, listEnd, mappingStart, mappingEnd, end
    }
    let kind: Kind
    let place: TextPlace
  }

  // SAFETY: both are allocated in init, owned by this object alone and freed in deinit; libyaml keeps the pointer to
  // `text` until the parser is deleted, which happens first.
  private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
  private let text: UnsafeMutableBufferPointer<UInt8>
  private var documentCount = 0

  init(_ source: String) {
    text = .allocate(capacity: source.utf8.count)
    _ = text.initialize(from: source.utf8)
    guard yaml_parser_initialize(parser) == 1 else { preconditionFailure("out of memory") }
    yaml_parser_set_input_string(parser, text.baseAddress, text.count)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
    text.deallocate()
  }

  func next() throws(ConfigurationProblem) -> Event {
    while true {
      var event = yaml_event_t()
      guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
      defer { yaml_event_delete(&event) }
      let place = Self.place(event.start_mark)
      switch event.type {
      case YAML_STREAM_END_EVENT: return Event(kind: .end, place: place)
      case YAML_DOCUMENT_START_EVENT:
        documentCount += 1
        if documentCount > 1 { return Event(kind: .mappingStart, place: place) }
      case YAML_SCALAR_EVENT: return Event(kind: try scalar(event, place), place: place)
      case YAML_SEQUENCE_START_EVENT:
        let start = event.data.sequence_start
        try refuse(anchor: start.anchor, tag: start.tag, at: place)
        return Event(kind: .listStart, place: place)
      case YAML_SEQUENCE_END_EVENT: return Event(kind: .listEnd, place: place)
      case YAML_MAPPING_START_EVENT:
        let start = event.data.mapping_start
        try refuse(anchor: start.anchor, tag: start.tag, at: place)
        return Event(kind: .mappingStart, place: place)
      case YAML_MAPPING_END_EVENT: return Event(kind: .mappingEnd, place: place)
      case YAML_ALIAS_EVENT:
        throw ConfigurationProblem(
          place, "aliases (`*name`) are not allowed; quote text that begins with `*`")
      default: break
      }
    }
  }

  private func scalar(_ event: yaml_event_t, _ place: TextPlace) throws(ConfigurationProblem) -> Event.Kind {
    let scalar = event.data.scalar
    try refuse(anchor: scalar.anchor, tag: scalar.tag, at: place)
    // SAFETY: libyaml owns `length` bytes at `value` until the event is deleted by the caller.
    let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
    let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
    return .scalar(String(decoding: bytes, as: UTF8.self), isPlain: isPlain)
  }

  private func refuse(
    anchor: UnsafeMutablePointer<yaml_char_t>?, tag: UnsafeMutablePointer<yaml_char_t>?, at place: TextPlace
  ) throws(ConfigurationProblem) {
    if anchor != nil {
      throw ConfigurationProblem(place, "anchors (`&name`) are not allowed; quote text that begins with `&`")
    }
    if tag != nil {
      throw ConfigurationProblem(place, "tags (`!name`) are not allowed; quote text that begins with `!`")
    }
  }

  /// What libyaml says about text that is not YAML.
  private func problem() -> ConfigurationProblem {
    // SAFETY: libyaml's messages are static strings.
    let reason = parser.pointee.problem.map { String(cString: $0) } ?? "not readable"
    let mark = parser.pointee.problem_mark
    return ConfigurationProblem(Self.place(mark), "not YAML: \(reason)")
  }

  private static func place(_ mark: yaml_mark_t) -> TextPlace {
    TextPlace(line: Int(mark.line) + 1, column: Int(mark.column) + 1)
  }
}
