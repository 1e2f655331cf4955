import AcqCore

extension CatalogEntry {
  /// This entry cut to `CatalogLimits`, as both catalogs store it; what was left out is said in `problems`, a text
  /// cut short ends in `…`. The recording itself keeps everything. Fitting twice changes nothing.
  public var fitted: CatalogEntry {
    var entry = self
    var said: [String] = []
    entry.name = Self.text(name, Limits.nameBytesMax)
    entry.originName = Self.text(originName, Limits.nameBytesMax)
    entry.sizeBytes = min(sizeBytes, Limits.recordingBytesMax)
    (entry.startNs, entry.endNs) = fittedTimes(&said)
    entry.topics = fittedTopics(&said)
    entry.metadata = fittedMetadata(&said)
    let kept = problems.filter { !said.contains($0) }.map { Self.text($0, CatalogLimits.nameBytesMax) }
    entry.problems = Array((said + kept).prefix(CatalogLimits.problemsMax))
    return entry
  }

  /// Bytes of all text: what a page counts.
  package var textBytes: Int {
    topics.reduce(0) { $0 + Self.bytes($1) } + metadata.reduce(0) { $0 + Self.bytes($1) }
      + problems.reduce(0) { $0 + $1.utf8.count } + name.utf8.count + originName.utf8.count
  }

  private func fittedTimes(_ said: inout [String]) -> (UInt64?, UInt64?) {
    guard let startNs, let endNs else { return (nil, nil) }
    let latest = UInt64(Int64.max)
    if max(startNs, endNs) > latest { said.append("catalog: a time after the year 2262 is stored as 2262") }
    return (min(startNs, latest), min(endNs, latest))
  }

  private func fittedTopics(_ said: inout [String]) -> [CatalogTopic] {
    let most = CatalogLimits.nameBytesMax
    var budget = CatalogLimits.topicsBytesMax
    let kept = topics.lazy.map { topic in
      CatalogTopic(
        name: Self.text(topic.name, most), schema: Self.text(topic.schema, most),
        encoding: Self.text(topic.encoding, most), count: min(topic.count, UInt64(Int64.max)))
    }.prefix { topic in
      budget -= Self.bytes(topic)
      return budget >= 0
    }
    let result = Array(kept)
    if result.count < topics.count {
      said.append("catalog: \(result.count) of \(topics.count) topics are listed")
    }
    return result
  }

  private func fittedMetadata(_ said: inout [String]) -> [CatalogMetadata] {
    let most = CatalogLimits.nameBytesMax
    var budget = CatalogLimits.metadataBytesMax
    var result: [CatalogMetadata] = []
    var fieldCount = 0
    outer: for record in metadata {
      let name = Self.text(record.name, most)
      budget -= Self.perItemBytes + name.utf8.count
      guard budget >= 0 else { break }
      result.append(CatalogMetadata(name: name, fields: [CatalogMetadata.Field]()))
      for field in record.fields {
        let cut = CatalogMetadata.Field(
          Self.text(field.name, most), Self.text(field.value, CatalogLimits.valueBytesMax))
        budget -= Self.perItemBytes + cut.name.utf8.count + cut.value.utf8.count
        guard budget >= 0 else { break outer }
        result[result.count - 1].fields.append(cut)
        fieldCount += 1
      }
    }
    let total = metadata.reduce(0) { $0 + $1.fields.count }
    if fieldCount < total || result.count < metadata.count {
      said.append("catalog: \(fieldCount) of \(total) metadata fields are listed")
    }
    return result
  }

  /// What an item costs beside its text: names and lengths in a document.
  private static let perItemBytes = 64

  private static func bytes(_ topic: CatalogTopic) -> Int {
    perItemBytes + topic.name.utf8.count + topic.schema.utf8.count + topic.encoding.utf8.count
  }

  private static func bytes(_ record: CatalogMetadata) -> Int {
    record.fields.reduce(perItemBytes + record.name.utf8.count) {
      $0 + perItemBytes + $1.name.utf8.count + $1.value.utf8.count
    }
  }

  /// At most `bytesMax` bytes of `text`, whole characters, ending in `…` when cut; without NUL, which neither
  /// database carries through every tool.
  private static func text(_ text: String, _ bytesMax: Int) -> String {
    var result = text
    if text.utf8.contains(0) {
      result = String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 }))
    }
    guard result.utf8.count > bytesMax else { return result }
    var budget = bytesMax - "…".utf8.count
    let kept = result.unicodeScalars.prefix { scalar in
      budget -= String(scalar).utf8.count
      return budget >= 0
    }
    return String(String.UnicodeScalarView(kept)) + "…"
  }
}
