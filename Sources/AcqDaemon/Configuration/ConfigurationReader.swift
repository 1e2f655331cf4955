import AcqCore
import AcqHTTP

/// Takes values out of a YAML tree and remembers everything that is wrong with them.
struct ConfigurationReader {
  private(set) var problems: [ConfigurationProblem] = []

  /// A reason without a place, thrown by the functions that read one value.
  struct Refusal: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
  }

  mutating func refuse(_ place: TextPlace, _ reason: String) {
    problems.append(ConfigurationProblem(place, reason))
  }

  /// The values of a mapping's keys; keys that are not in `keys` are problems. An empty value is an empty mapping:
  /// a section whose lines are all comments.
  mutating func section(_ node: YAMLNode?, keys: [String], of name: String? = nil) -> [String: YAMLNode] {
    guard let node, !node.isEmpty else { return [:] }
    guard case .mapping(let entries) = node.value else {
      let what = name.map { "`\($0)`" } ?? "a configuration file"
      refuse(node.place, "\(what) holds keys with values (`key: value`), not \(node.kind)")
      return [:]
    }
    var values: [String: YAMLNode] = [:]
    for entry in entries {
      if keys.contains(entry.key) {
        values[entry.key] = entry.value
      } else {
        refuse(entry.place, Self.unknown(entry.key, section: name, keys: keys))
      }
    }
    return values
  }

  private static func unknown(_ key: String, section: String?, keys: [String]) -> String {
    let place = section.map { " in `\($0)`" } ?? ""
    let shown = String(key.prefix(64))
    guard let near = Spelling.nearest(to: key, among: keys) else {
      return "unknown key `\(shown)`\(place); there are: \(keys.joined(separator: ", "))"
    }
    return "unknown key `\(shown)`\(place); did you mean `\(near)`?"
  }

  /// What `read` makes of a scalar; nil when there is no node or something is wrong with it.
  mutating func value<Value>(
    _ node: YAMLNode?, _ key: String, _ read: (String) throws(Refusal) -> Value
  ) -> Value? {
    guard let node else { return nil }
    guard case .scalar(let text, _) = node.value, !node.isEmpty else {
      refuse(node.place, "`\(key)` needs one value, not \(node.kind)")
      return nil
    }
    do {
      return try read(text)
    } catch {
      refuse(node.place, "`\(key)`: \(error.reason)")
      return nil
    }
  }

  /// What `read` makes of every item of a list; one value without a list is a list of one.
  mutating func list<Value>(
    _ node: YAMLNode?, _ key: String, countMax: Int, _ read: (String) throws(Refusal) -> Value
  ) -> [Value]? {
    guard let node else { return nil }
    let items: [YAMLNode]
    switch node.value {
    case .list(let nodes): items = nodes
    case .scalar: items = [node]
    case .mapping:
      refuse(node.place, "`\(key)` needs a list, not \(node.kind)")
      return nil
    }
    guard items.count <= countMax else {
      refuse(node.place, "`\(key)` has \(items.count) items; at most \(countMax) are allowed")
      return nil
    }
    let before = problems.count
    let values = items.compactMap { value($0, key, read) }
    return problems.count == before ? values : nil
  }
}

/// How single values are read.
extension ConfigurationReader {
  static func bool(_ text: String) throws(Refusal) -> Bool {
    switch text {
    case "true": true
    case "false": false
    default: throw Refusal("`\(text)` is neither `true` nor `false`")
    }
  }

  static func sizeBytes(_ text: String) throws(Refusal) -> UInt64 {
    guard let bytes = Quantity.sizeBytes(text) else {
      throw Refusal("`\(text)` is not a size; write a number and a unit, such as `2 GiB` or `500 MB`")
    }
    return bytes
  }

  static func count(_ text: String) throws(Refusal) -> Int {
    guard text.count <= 9, text.allSatisfy({ ("0"..."9").contains($0) }), let count = Int(text) else {
      throw Refusal("`\(text)` is not a whole number")
    }
    return count
  }

  static func range(_ text: String) throws(Refusal) -> AddressRange {
    guard let range = AddressRange(text) else {
      throw Refusal("`\(text)` is not a network; write `10.0.0.0/8` or one address")
    }
    return range
  }

  static func endpoint(_ text: String, defaultPort: UInt16) throws(Refusal) -> Endpoint {
    // A number alone is a port: that is what people mean by it.
    if text.allSatisfy({ ("0"..."9").contains($0) }), let port = UInt16(text) {
      return Endpoint(host: "*", port: port)
    }
    guard let endpoint = Endpoint(text, defaultPort: defaultPort) else {
      throw Refusal("`\(text)` is not an address; write `ADDRESS:PORT`, `[IPV6]:PORT` or `*:PORT`")
    }
    return endpoint
  }

  static func text(_ text: String) throws(Refusal) -> String {
    guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
      throw Refusal("the text is empty or holds control characters")
    }
    return text
  }
}
