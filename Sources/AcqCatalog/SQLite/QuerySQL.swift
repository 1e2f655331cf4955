import AcqCore
package import AcqDatabase

/// One SELECT and the values of its question marks.
package struct SQLQuery: Equatable, Sendable {
  package var text: String
  package var values: [SQLValue]
}

extension QueryPlan {
  /// The SELECT of one stretch: it walks one index in the query's order and looks at each entry's conditions, words
  /// and topics in sets of numbers that other indexes gave. `INDEXED BY` makes any other plan an error.
  package func sql(of stretch: Stretch, limit: Int) -> SQLQuery {
    var conditions: [SQLQuery] = []
    if let origin { conditions.append(SQLQuery(text: "origin = ?", values: [.blob(origin.bytes)])) }
    conditions += Self.conditions(of: stretch, column: column, past: sort.isDescending ? "<" : ">")
    if let toNs { conditions.append(SQLQuery(text: "startNs < ?", values: [.integer(toNs)])) }
    if let fromNs { conditions.append(SQLQuery(text: "endNs >= ?", values: [.integer(fromNs)])) }
    for word in words {
      conditions.append(Self.membership("word", Self.range("text", of: word)))
    }
    if let topic { conditions.append(Self.condition(of: topic)) }
    let direction = sort.isDescending ? "DESC" : "ASC"
    return SQLQuery(
      text: """
        SELECT \(EntryRows.columns)
        FROM recording INDEXED BY \(sqlIndex)
        WHERE \(conditions.map(\.text).joined(separator: " AND "))
        ORDER BY \(column) \(direction), id \(direction) LIMIT ?
        """,
      values: conditions.flatMap(\.values) + [.integer(Int64(limit))])
  }

  private var column: String {
    switch sort.key {
    case .start: "startNs"
    case .name: "nameKey"
    case .size: "sizeBytes"
    case .duration: "durationNs"
    }
  }

  private var sqlIndex: String {
    switch sort.key {
    case .start: origin == nil ? "recordingStart" : "recordingOriginStart"
    case .name: "recordingName"
    case .size: "recordingSize"
    case .duration: "recordingDuration"
    }
  }

  private static func conditions(of stretch: Stretch, column: String, past: String) -> [SQLQuery] {
    switch stretch {
    case .ties(let value, let id):
      return [
        SQLQuery(text: "\(column) = ?", values: [sql(value)]),
        SQLQuery(text: "id \(past) ?", values: [.blob(id.bytes)]),
      ]
    case .beyond(let value?): return [SQLQuery(text: "\(column) \(past) ?", values: [sql(value)])]
    case .beyond(nil): return [SQLQuery(text: "\(column) IS NOT NULL", values: [])]
    case .valueless(let id):
      return [SQLQuery(text: "\(column) IS NULL", values: [])]
        + (id.map { [SQLQuery(text: "id \(past) ?", values: [.blob($0.bytes)])] } ?? [])
    }
  }

  private static func sql(_ value: CatalogCursor.Value) -> SQLValue {
    switch value {
    case .integer(let number): .integer(number)
    case .text(let text): .text(text)
    }
  }

  private static func condition(of topic: TopicMatch) -> SQLQuery {
    switch topic {
    case .exactly(let name):
      membership("topic", SQLQuery(text: "name = ?", values: [.text(name)]))
    // A prefix often fits every recording, many times over: looked up for each one that the walk comes to.
    case .beginsWith(let prefix):
      SQLQuery(
        text: "EXISTS (SELECT 1 FROM topic INDEXED BY topicRecording WHERE recording = number AND "
          + "\(range("name", of: prefix).text))", values: range("name", of: prefix).values)
    }
  }

  private static func membership(_ table: String, _ condition: SQLQuery) -> SQLQuery {
    SQLQuery(
      text: "number IN (SELECT recording FROM \(table) WHERE \(condition.text))", values: condition.values)
  }

  private static func range(_ column: String, of prefix: String) -> SQLQuery {
    guard let end = Prefix.end(of: prefix) else {
      return SQLQuery(text: "\(column) >= ?", values: [.text(prefix)])
    }
    return SQLQuery(text: "\(column) >= ? AND \(column) < ?", values: [.text(prefix), .text(end)])
  }
}
