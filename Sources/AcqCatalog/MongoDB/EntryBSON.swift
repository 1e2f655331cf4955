import AcqCore

/// An entry as a MongoDB document. Times and sizes are int64, ids lower-case hexadecimal; absent values are null, so
/// that an index orders them first. `words`, `nameKey` and `durationNs` are there for indexes and made anew from the
/// entry whenever it is stored.
extension CatalogEntry {
  /// Raised with the document's shape.
  package static let documentVersion: Int32 = 1

  /// The document of an entry that is `fitted`.
  package var document: BSONDocument {
    [
      "_id": .string(id.hex),
      "version": .int32(Self.documentVersion),
      "name": .string(name),
      "nameKey": .string(NameOrder.key(name)),
      "origin": .string(origin.hex),
      "originName": .string(originName),
      "sizeBytes": .int64(Int64(clamping: sizeBytes)),
      "startNs": Self.bson(startNs),
      "endNs": Self.bson(endNs),
      "durationNs": Self.bson(durationNs),
      "isCutOff": .bool(isCutOff),
      "parent": parent.map { .string($0.hex) } ?? .null,
      "topics": .array(
        topics.map { topic in
          .document([
            "name": .string(topic.name), "schema": .string(topic.schema), "encoding": .string(topic.encoding),
            "count": .int64(Int64(clamping: topic.count)),
          ])
        }),
      "metadata": .array(
        metadata.map { record in
          .document([
            "name": .string(record.name),
            "fields": .array(
              record.fields.map { .document(["name": .string($0.name), "value": .string($0.value)]) }),
          ])
        }),
      "problems": .array(problems.map { .string($0) }),
      "words": .array(SearchWords.words(of: self).map { .string($0) }),
    ]
  }

  private static func bson(_ value: UInt64?) -> BSON { value.map { .int64(Int64(clamping: $0)) } ?? .null }

  /// Reads a document; one that is not ours throws, naming what is wrong.
  package init(_ document: BSONDocument) throws(CatalogError) {
    let reader = DocumentReader(document: document)
    guard document["version"]?.int64 == Int64(Self.documentVersion) else { throw reader.error("version") }
    guard let id = ContentID(hex: try reader.string("_id")) else { throw reader.error("_id") }
    guard let origin = NodeID(hex: try reader.string("origin")) else { throw reader.error("origin") }
    guard let isCutOff = document["isCutOff"]?.bool else { throw reader.error("isCutOff") }
    let parent = document["parent"]?.string.flatMap { ContentID(hex: $0) }
    var problems: [String] = []
    for problem in try reader.array("problems") {
      guard let text = problem.string else { throw reader.error("problems") }
      problems.append(text)
    }
    self.init(
      id: id, name: try reader.string("name"), origin: origin, originName: try reader.string("originName"),
      sizeBytes: try reader.unsigned("sizeBytes"), startNs: try reader.optional("startNs"),
      endNs: try reader.optional("endNs"), isCutOff: isCutOff, topics: try reader.topics(),
      metadata: try reader.metadata(), parent: parent, problems: problems)
  }
}

private struct DocumentReader {
  let document: BSONDocument

  func error(_ name: String) -> CatalogError {
    let id = document["_id"]?.string ?? "?"
    return CatalogError(.malformed, "the stored entry \(id) has no usable \(name)")
  }

  func string(_ name: String, in part: BSONDocument? = nil) throws(CatalogError) -> String {
    guard let text = (part ?? document)[name]?.string else { throw error(name) }
    return text
  }

  func unsigned(_ name: String, in part: BSONDocument? = nil) throws(CatalogError) -> UInt64 {
    guard let number = (part ?? document)[name]?.int64, number >= 0 else { throw error(name) }
    return UInt64(number)
  }

  func optional(_ name: String) throws(CatalogError) -> UInt64? {
    guard let value = document[name], value != .null else { return nil }
    return try unsigned(name)
  }

  func array(_ name: String, in part: BSONDocument? = nil) throws(CatalogError) -> [BSON] {
    guard let items = (part ?? document)[name]?.array else { throw error(name) }
    return items
  }

  func topics() throws(CatalogError) -> [CatalogTopic] {
    var topics: [CatalogTopic] = []
    for item in try array("topics") {
      guard let part = item.document else { throw error("topics") }
      topics.append(
        CatalogTopic(
          name: try string("name", in: part), schema: try string("schema", in: part),
          encoding: try string("encoding", in: part), count: try unsigned("count", in: part)))
    }
    return topics
  }

  func metadata() throws(CatalogError) -> [CatalogMetadata] {
    var records: [CatalogMetadata] = []
    for item in try array("metadata") {
      guard let part = item.document else { throw error("metadata") }
      var fields: [CatalogMetadata.Field] = []
      for field in try array("fields", in: part) {
        guard let pair = field.document else { throw error("metadata") }
        fields.append(CatalogMetadata.Field(try string("name", in: pair), try string("value", in: pair)))
      }
      records.append(CatalogMetadata(name: try string("name", in: part), fields: fields))
    }
    return records
  }
}
