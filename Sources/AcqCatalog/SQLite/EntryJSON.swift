import AcqCore

/// Topics, metadata and problems of an entry as one JSON text: what SQLite shows with an entry and never looks into.
extension CatalogEntry {
  /// The details of an entry that is `fitted`.
  package var details: String {
    JSON.members([
      "topics": .array(
        topics.map {
          .members([
            "name": .string($0.name), "schema": .string($0.schema), "encoding": .string($0.encoding),
            "count": .integer($0.count),
          ])
        }),
      "metadata": .array(
        metadata.map { record in
          .members([
            "name": .string(record.name),
            "fields": .array(record.fields.map { .array([.string($0.name), .string($0.value)]) }),
          ])
        }),
      "problems": .array(problems.map { .string($0) }),
    ]).text
  }

  /// Sets topics, metadata and problems; text that is not `details` throws.
  package mutating func setDetails(_ text: String) throws(CatalogError) {
    let json: JSON
    do { json = try JSON(parsing: text) } catch { throw malformed("\(error)") }
    guard let topics = json["topics"]?.array, let metadata = json["metadata"]?.array,
      let problems = json["problems"]?.array
    else { throw malformed("a list is missing") }
    self.topics = try read(topics) { item in
      guard let name = item["name"]?.string, let schema = item["schema"]?.string,
        let encoding = item["encoding"]?.string, let count = item["count"]?.uint64
      else { return nil }
      return CatalogTopic(name: name, schema: schema, encoding: encoding, count: count)
    }
    self.metadata = try read(metadata) { item in
      guard let name = item["name"]?.string, let pairs = item["fields"]?.array else { return nil }
      let fields = pairs.compactMap { pair in
        pair[0]?.string.flatMap { name in pair[1]?.string.map { CatalogMetadata.Field(name, $0) } }
      }
      return fields.count == pairs.count ? CatalogMetadata(name: name, fields: fields) : nil
    }
    self.problems = try read(problems, \.string)
  }

  private func read<Value>(_ items: [JSON], _ one: (JSON) -> Value?) throws(CatalogError) -> [Value] {
    let values = items.compactMap(one)
    guard values.count == items.count else { throw malformed("an item is not one of ours") }
    return values
  }

  private func malformed(_ reason: String) -> CatalogError {
    CatalogError(.malformed, "the stored entry cannot be read: \(reason)", id: id)
  }
}
