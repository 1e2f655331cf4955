public import AcqCore
import AcqCrypto
import AcqHTTP

extension Configuration {
  private typealias Reader = ConfigurationReader

  /// A team has fewer machines than this; each is one line of the file.
  private static let listCountMax = Limits.authorsMax
  /// Longest path that Linux takes.
  private static let pathBytesMax = 4095

  /// Reads a whole configuration file. Nothing is started on one that has any problem: all are listed.
  public static func parse(
    _ text: String, file: String = "configuration", role: Role, surroundings: Surroundings
  ) throws(ConfigurationError) -> Configuration {
    var configuration = Configuration(role: role, surroundings: surroundings)
    var reader = Reader()
    do {
      let document = try YAMLParser.parse(text)
      configuration.read(document, surroundings, &reader)
    } catch {
      throw ConfigurationError(file: file, problems: [error])
    }
    guard reader.problems.isEmpty else { throw ConfigurationError(file: file, problems: reader.problems) }
    return configuration
  }

  private static let keys = [
    "state", "name", "listen", "http", "recorder", "team", "time_zone", "min_free", "cache_max", "catalog",
    "retention", "log_level",
  ]

  private mutating func read(_ document: YAMLNode?, _ surroundings: Surroundings, _ reader: inout Reader) {
    let top = reader.section(document, keys: Self.keys)
    let path = { (text: String) throws(Reader.Refusal) in try Self.path(text, surroundings) }
    if let state = reader.value(top["state"], "state", path) {
      self.state = state
      if role == .car { recorderDirectory = state + "/incoming" }
    }
    name = reader.value(top["name"], "name", Self.nodeName) ?? name
    listen =
      reader.value(top["listen"], "listen") { (text) throws(Reader.Refusal) in
        try Reader.endpoint(text, defaultPort: role.replicationPort)
      } ?? listen
    readHTTP(top["http"], &reader)
    readRecorder(top["recorder"], path, &reader)
    team = reader.list(top["team"], "team", countMax: Self.listCountMax, path) ?? team
    timeZone =
      reader.value(top["time_zone"], "time_zone") { (text) throws(Reader.Refusal) in
        try Self.timeZone(text, surroundings)
      } ?? timeZone
    minFreeBytes = reader.value(top["min_free"], "min_free", Reader.sizeBytes) ?? minFreeBytes
    readKeeping(top, &reader)
    logLevel = reader.value(top["log_level"], "log_level", Self.logLevel) ?? logLevel
  }

  private mutating func readHTTP(_ node: YAMLNode?, _ reader: inout Reader) {
    let values = reader.section(node, keys: ["listen", "public", "trusted_proxies", "readers"], of: "http")
    http.isPublic = reader.value(values["public"], "public", Reader.bool) ?? http.isPublic
    let isPublic = http.isPublic
    let port = role.httpPort
    http.listen =
      reader.value(values["listen"], "listen") { (text) throws(Reader.Refusal) in
        try Self.httpListen(text, defaultPort: port, isPublic: isPublic)
      } ?? http.listen
    http.trustedProxies =
      reader.list(
        values["trusted_proxies"], "trusted_proxies", countMax: Self.listCountMax, Reader.range)
      ?? http.trustedProxies
    http.readers =
      reader.list(values["readers"], "readers", countMax: Self.listCountMax, Reader.range) ?? http.readers
  }

  private mutating func readRecorder(
    _ node: YAMLNode?, _ path: (String) throws(ConfigurationReader.Refusal) -> String,
    _ reader: inout Reader
  ) {
    guard let node else { return }
    guard role == .car else {
      return reader.refuse(node.place, "`recorder` is for a car; a \(role.name) records nothing")
    }
    let values = reader.section(node, keys: ["directory"], of: "recorder")
    recorderDirectory = reader.value(values["directory"], "directory", path) ?? recorderDirectory
  }

  /// What the node keeps: cache, catalog, retention.
  private mutating func readKeeping(_ top: [String: YAMLNode], _ reader: inout Reader) {
    for key in ["cache_max", "catalog"] where role == .car {
      guard let node = top[key] else { continue }
      reader.refuse(
        node.place, "`\(key)` is for a base or cloud; a car keeps no catalog and makes no exports")
    }
    if role != .car {
      cacheMax = reader.value(top["cache_max"], "cache_max", Self.cacheMax) ?? cacheMax
      let role = role
      catalog =
        reader.value(top["catalog"], "catalog") { (text) throws(Reader.Refusal) in
          try Self.catalog(text, role: role)
        } ?? catalog
    }
    guard let node = top["retention"] else { return }
    guard role != .cloud else {
      return reader.refuse(node.place, "`retention` is for a car or base; a cloud frees nothing by itself")
    }
    let values = reader.section(node, keys: ["copies", "keepers"], of: "retention")
    retention.copies = reader.value(values["copies"], "copies", Self.copies) ?? retention.copies
    retention.keepers =
      reader.list(values["keepers"], "keepers", countMax: Self.listCountMax, Self.nodeName)
      ?? retention.keepers
  }
}

/// How single values are read.
extension Configuration {
  private static func path(
    _ text: String, _ surroundings: Surroundings
  ) throws(ConfigurationReader.Refusal) -> String {
    let text = try ConfigurationReader.text(text)
    guard text.utf8.count <= pathBytesMax else { throw .init("the path is too long") }
    if text.hasPrefix("/") { return text }
    if text.hasPrefix("~/") {
      guard let home = surroundings.home else { throw .init("`~` has no meaning here: there is no $HOME") }
      return home + text.dropFirst()
    }
    return surroundings.directory + "/" + text
  }

  private static func nodeName(_ text: String) throws(ConfigurationReader.Refusal) -> String {
    guard Card.isName(text) else {
      throw .init(
        "`\(text)` is not a name: 1 to \(Card.nameCharactersMax) of A-Z a-z 0-9 . _ -, no dot in front")
    }
    return text
  }

  private static func httpListen(
    _ text: String, defaultPort: UInt16, isPublic: Bool
  ) throws(ConfigurationReader.Refusal) -> Endpoint {
    let endpoint = try ConfigurationReader.endpoint(text, defaultPort: defaultPort)
    if endpoint.isWildcard || endpoint.host == "localhost" { return endpoint }
    guard let address = endpoint.address else {
      throw .init(
        "`\(endpoint.host)` is a name; write the literal address, so that it is clear who can reach it")
    }
    guard isPublic || AddressRange.privateRanges.contains(where: { $0.contains(address) }) else {
      throw .init(
        "\(endpoint.host) is a public address: anybody could connect. Listen on a private one (WireGuard's), or "
          + "write `public: true` beside it")
    }
    return endpoint
  }

  private static func timeZone(
    _ text: String, _ surroundings: Surroundings
  ) throws(ConfigurationReader.Refusal) -> String {
    let isName =
      text.utf8.count <= 64 && text.first?.isLetter == true
      && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/_+-".contains($0)) }
    guard isName, surroundings.hasTimeZone(text) else {
      throw .init(
        "`\(text)` is not a time zone of this machine; write its IANA name, such as `Europe/Berlin`")
    }
    return text
  }

  private static func cacheMax(_ text: String) throws(ConfigurationReader.Refusal) -> CacheMax {
    if let percent = Quantity.percent(text) { return .percent(percent) }
    guard let bytes = Quantity.sizeBytes(text) else {
      throw .init("`\(text)` is neither a share of the disk (`10 %`) nor a size (`20 GiB`)")
    }
    return .bytes(bytes)
  }

  private static func catalog(
    _ text: String, role: Role
  ) throws(ConfigurationReader.Refusal) -> Catalog {
    if text == "sqlite" { return .sqlite }
    guard text.hasPrefix("mongodb://") || text.hasPrefix("mongodb+srv://") else {
      throw .init("`\(text.prefix(16))` is neither `sqlite` nor `mongodb://…`")
    }
    guard role == .cloud else { throw .init("only a cloud keeps its catalog in MongoDB") }
    #if MongoDB
      return .mongodb(text)
    #else
      throw .init("this acqd was built without MongoDB (trait MongoDB)")
    #endif
  }

  private static func copies(_ text: String) throws(ConfigurationReader.Refusal) -> Int {
    let count = try ConfigurationReader.count(text)
    guard (1...16).contains(count) else {
      throw .init("copies are 1 to 16; with none a recording would be lost")
    }
    return count
  }

  private static func logLevel(_ text: String) throws(ConfigurationReader.Refusal) -> LogLevel {
    guard let level = LogLevel.allCases.first(where: { $0.name == text }) else {
      let names = LogLevel.allCases.map(\.name)
      let near = Spelling.nearest(to: text, among: names).map { "; did you mean `\($0)`?" } ?? ""
      throw .init("`\(text.prefix(16))` is none of \(names.joined(separator: ", "))\(near)")
    }
    return level
  }
}
