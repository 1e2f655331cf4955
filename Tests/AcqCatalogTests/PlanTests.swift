import AcqCatalog
import AcqCore
import TestSupport
import Testing

/// Every shape of query: each filter alone and all together, in each order, on the first and a later page.
private func everyShape() -> [CatalogQuery] {
  var random = RandomEntries(seed: 20)
  var entry = random.entry()
  (entry.startNs, entry.endNs) = (5, 6)
  var undated = entry
  (undated.startNs, undated.endNs) = (nil, nil)
  let origin = RandomEntries.origins[0]
  let filters = [
    CatalogQuery(), CatalogQuery(fromNs: 1), CatalogQuery(toNs: 9), CatalogQuery(fromNs: 1, toNs: 9),
    CatalogQuery(topic: "VehicleData"), CatalogQuery(topic: "Vehicle*"), CatalogQuery(text: "anna"),
    CatalogQuery(text: "anna hockenheim"), CatalogQuery(origin: origin),
    CatalogQuery(fromNs: 1, origin: origin),
    CatalogQuery(fromNs: 1, toNs: 9, topic: "VehicleData", text: "anna", origin: origin),
    CatalogQuery(topic: "Vehicle*", origin: origin),
  ]
  return CatalogSort.Key.allCases.flatMap { key in
    [false, true].flatMap { isDescending in
      filters.flatMap { filter in
        var query = filter
        query.sort = CatalogSort(key, isDescending: isDescending)
        var later = query
        later.cursor = CatalogCursor(after: entry, in: query.sort)
        var last = query
        last.cursor = CatalogCursor(after: undated, in: query.sort)
        return [query, later, last]
      }
    }
  }
}

private func fill(_ catalog: any Catalog) throws {
  var random = RandomEntries(seed: 21)
  try catalog.put((0..<100).map { _ in random.entry() })
}

@Suite("Plans") struct PlanTests {
  @Test("SQLite walks an index in the query's order, and searches words and topics")
  func sqlite() throws {
    try withCatalog(.sqlite) { catalog, _ in
      try fill(catalog)
      let sqlite = try #require(catalog as? SQLiteCatalog)
      for query in everyShape() {
        for steps in try sqlite.explain(query) {
          #expect(!steps.contains { $0.contains("TEMP B-TREE") }, "\(query): \(steps)")
          for step in steps where step.hasPrefix("SCAN") || step.hasPrefix("SEARCH") {
            let isOrdered = step.contains("recording USING INDEX recording")
            let isSearched = step.hasPrefix("SEARCH word") || step.hasPrefix("SEARCH topic")
            #expect(isOrdered || isSearched, "\(query): \(step)")
          }
        }
      }
    }
  }

  #if MongoDB
    @Test("MongoDB's own plan of every query uses an index of ours")
    func mongodb() throws {
      try withCatalog(.mongodb) { catalog, _ in
        try fill(catalog)
        let mongo = try #require(catalog as? MongoCatalog)
        for query in everyShape() {
          for plan in try mongo.explain(query) {
            let stages = stages(
              of: .document(plan["queryPlanner"]?.document?["winningPlan"]?.document ?? [:]))
            let index = try QueryPlan(query).mongoIndex.rawValue
            #expect(stages.contains("IXSCAN \(index)"), "\(query): \(stages)")
            #expect(!stages.contains { $0.hasPrefix("COLLSCAN") }, "\(query): \(stages)")
          }
        }
      }
    }

    private func stages(of plan: BSON) -> [String] {
      guard let document = plan.document else { return (plan.array ?? []).flatMap(stages) }
      var found: [String] = []
      if let stage = document["stage"]?.string {
        found.append(stage + (document["indexName"]?.string.map { " " + $0 } ?? ""))
      }
      return found + document.fields.flatMap { stages(of: $0.value) }
    }
  #endif

  @Test("one query as SQL")
  func compilesToSQL() throws {
    let origin = RandomEntries.origins[0]
    let plan = try QueryPlan(
      CatalogQuery(
        fromNs: 1, toNs: 9, topic: "Vehicle*", text: "Anna", origin: origin, sort: CatalogSort(.size)))
    let query = plan.sql(of: plan.stretches[0], limit: 101)
    #expect(
      query.text == """
        SELECT id, name, origin, originName, sizeBytes, startNs, endNs, isCutOff, parent, details
        FROM recording INDEXED BY recordingSize
        WHERE origin = ? AND sizeBytes IS NOT NULL AND startNs < ? AND endNs >= ? \
        AND number IN (SELECT recording FROM word WHERE text >= ? AND text < ?) \
        AND EXISTS (SELECT 1 FROM topic INDEXED BY topicRecording WHERE recording = number AND name >= ? AND name < ?)
        ORDER BY sizeBytes ASC, id ASC LIMIT ?
        """)
    #expect(query.values.count == query.text.count { $0 == "?" })
  }

  @Test("one query as BSON")
  func compilesToBSON() throws {
    let plan = try QueryPlan(CatalogQuery(toNs: 9, topic: "Vehicle*", text: "Anna"))
    #expect(
      plan.filter(of: .beyond(.integer(7)))
        == [
          "$and": .array([
            .document([
              "words": .document(["$elemMatch": .document(["$gte": .string("anna"), "$lt": .string("annb")])])
            ]),
            .document([
              "topics": .document([
                "$elemMatch": .document([
                  "name": .document(["$gte": .string("Vehicle"), "$lt": .string("Vehiclf")])
                ])
              ])
            ]),
            .document(["startNs": .document(["$lt": .int64(9)])]),
            .document(["startNs": .document(["$lt": .int64(7)])]),
          ])
        ])
    #expect(
      plan.options(limit: 5)
        == [
          "sort": .document(["startNs": .int32(-1), "_id": .int32(-1)]), "limit": .int64(5),
          "hint": .string("word_start"), "allowDiskUse": .bool(true),
        ])
  }
}
