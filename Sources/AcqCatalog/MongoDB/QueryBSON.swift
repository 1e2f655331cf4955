import AcqCore

/// The catalog's indexes in MongoDB. Each query names the one it uses, so that its cost is decided here and not by
/// what a server's planner guesses from the first documents it saw.
package enum MongoIndex: String, CaseIterable {
  case start, name, size, duration
  case originStart = "origin_start"
  case topicStart = "topic_start"
  case wordStart = "word_start"

  /// The index's fields. Trailing `endNs` lets a time range be judged without fetching documents.
  package var keys: BSONDocument {
    switch self {
    case .start: ["startNs": .int32(1), "_id": .int32(1), "endNs": .int32(1)]
    case .name: ["nameKey": .int32(1), "_id": .int32(1)]
    case .size: ["sizeBytes": .int32(1), "_id": .int32(1)]
    case .duration: ["durationNs": .int32(1), "_id": .int32(1)]
    case .originStart: ["origin": .int32(1), "startNs": .int32(1), "_id": .int32(1), "endNs": .int32(1)]
    case .topicStart: ["topics.name": .int32(1), "startNs": .int32(1), "_id": .int32(1)]
    case .wordStart: ["words": .int32(1), "startNs": .int32(1), "_id": .int32(1)]
    }
  }
}

extension QueryPlan {
  /// The collection's name.
  package static let collection = "recordings"

  /// The index of this query: words are rare, an exact topic is served in the order of time, an origin has a large
  /// share of all; everything else walks its order and stops when the page is full.
  package var mongoIndex: MongoIndex {
    if !words.isEmpty { return .wordStart }
    if case .exactly = topic { return .topicStart }
    if origin != nil, sort.key == .start { return .originStart }
    switch sort.key {
    case .start: return .start
    case .name: return .name
    case .size: return .size
    case .duration: return .duration
    }
  }

  /// The condition of one stretch.
  package func filter(of stretch: Stretch) -> BSONDocument {
    var clauses = wordClauses + topicClauses
    if let origin { clauses.append(["origin": .string(origin.hex)]) }
    if let toNs { clauses.append(["startNs": .document(["$lt": .int64(toNs)])]) }
    if let fromNs { clauses.append(["endNs": .document(["$gte": .int64(fromNs)])]) }
    clauses += clausesOf(stretch)
    return clauses.count == 1 ? clauses[0] : ["$and": .array(clauses.map { .document($0) })]
  }

  /// The options of a find of one stretch.
  package func options(limit: Int) -> BSONDocument {
    let direction = BSON.int32(sort.isDescending ? -1 : 1)
    return [
      "sort": .document([sortField: direction, "_id": direction]),
      "limit": .int64(Int64(limit)),
      "hint": .string(mongoIndex.rawValue),
      "allowDiskUse": .bool(true),
    ]
  }

  private var sortField: String {
    switch sort.key {
    case .start: "startNs"
    case .name: "nameKey"
    case .size: "sizeBytes"
    case .duration: "durationNs"
    }
  }

  private func clausesOf(_ stretch: Stretch) -> [BSONDocument] {
    let past = sort.isDescending ? "$lt" : "$gt"
    switch stretch {
    case .ties(let value, let id):
      return [[sortField: bson(value)], ["_id": .document([past: .string(id.hex)])]]
    case .beyond(let value?):
      return [[sortField: .document([past: bson(value)])]]
    case .beyond(nil):
      // Every value, and not null: also the bound that makes an index usable without other conditions.
      let least: BSON = sort.key == .name ? .string("") : .int64(.min)
      return [[sortField: .document(["$gte": least])]]
    case .valueless(let id):
      return [[sortField: .null]] + (id.map { [["_id": .document([past: .string($0.hex)])]] } ?? [])
    }
  }

  private func bson(_ value: CatalogCursor.Value) -> BSON {
    switch value {
    case .integer(let number): .int64(number)
    case .text(let text): .string(text)
    }
  }

  private var wordClauses: [BSONDocument] {
    words.map { ["words": .document(["$elemMatch": .document(Self.range($0))])] }
  }

  private var topicClauses: [BSONDocument] {
    switch topic {
    case nil: []
    case .exactly(let name): [["topics.name": .string(name)]]
    case .beginsWith(let prefix):
      [["topics": .document(["$elemMatch": .document(["name": .document(Self.range(prefix))])])]]
    }
  }

  /// Both ends must hold for the same element: that is why the ranges stand in `$elemMatch`.
  private static func range(_ prefix: String) -> BSONDocument {
    var range: BSONDocument = ["$gte": .string(prefix)]
    if let end = Prefix.end(of: prefix) { range["$lt"] = .string(end) }
    return range
  }
}
