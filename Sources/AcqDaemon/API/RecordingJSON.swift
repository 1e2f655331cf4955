import AcqCatalog
import AcqCore

/// One recording as the API shows it (product, "URLs"): lowerCamelCase, 64-bit integers as decimal strings.
enum RecordingJSON {
  static func make(_ entry: CatalogEntry) -> JSON {
    .members([
      "id": .string(entry.id.hex), "name": .string(entry.name), "origin": .string(entry.originName),
      "sizeBytes": .string(String(entry.sizeBytes)), "start": time(entry.startNs),
      "startNs": text(entry.startNs), "end": time(entry.endNs), "endNs": text(entry.endNs),
      "cutOff": .bool(entry.isCutOff), "parent": entry.parent.map { .string($0.hex) },
      "topics": .array(entry.topics.map(topic)), "metadata": .array(entry.metadata.map(metadata)),
      "problems": entry.problems.isEmpty ? nil : .array(entry.problems.map(JSON.string)),
    ])
  }

  private static func time(_ nanoseconds: UInt64?) -> JSON {
    nanoseconds.map { .string(UTCTime(nanoseconds: $0).text) } ?? .null
  }

  private static func text(_ value: UInt64?) -> JSON { value.map { .string(String($0)) } ?? .null }

  private static func topic(_ topic: CatalogTopic) -> JSON {
    .members([
      "name": .string(topic.name), "schema": .string(topic.schema), "encoding": .string(topic.encoding),
      "count": .string(String(topic.count)),
    ])
  }

  private static func metadata(_ record: CatalogMetadata) -> JSON {
    .members([
      "name": .string(record.name),
      "fields": .object(record.fields.map { JSON.Member($0.name, .string($0.value)) }),
    ])
  }
}
