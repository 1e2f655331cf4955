import AcqCatalog
import AcqCore
import Foundation
import TestSupport
import Testing

/// A season's catalog: 63 topics a recording as on the car. Time goes by the database, so these run one at a time.
@Suite("Ten thousand recordings", .serialized) struct LargeCatalogTests {
  private static let topicNames = (0..<63).map { "drivetrain/Inverter\($0 / 8)/signal_group_\($0)" }

  private static func entries(count: Int, seed: UInt64) -> [CatalogEntry] {
    var random = RandomEntries(seed: seed)
    return (0..<count).map { index in
      var entry = random.entry()
      entry.startNs = 1_780_000_000_000_000_000 + UInt64(index) * 60_000_000_000
      entry.endNs = entry.startNs.map { $0 + UInt64(index % 1_200) * 1_000_000_000 }
      entry.name = "\(index % 400).mcap"
      entry.topics = topicNames.map {
        CatalogTopic(name: $0, schema: "hytech." + $0, encoding: "protobuf", count: 600)
      }
      if index == count / 2 {
        entry.topics.append(CatalogTopic(name: "rare", schema: "", encoding: "json", count: 1))
        entry.metadata[0].fields.append(CatalogMetadata.Field("notes", "unrepeatable"))
      }
      return entry
    }
  }

  private static func queries(_ entries: [CatalogEntry]) -> [CatalogQuery] {
    let middle = entries[entries.count / 2].startNs ?? 0
    let filters = [
      CatalogQuery(), CatalogQuery(fromNs: middle), CatalogQuery(toNs: middle),
      CatalogQuery(fromNs: middle, toNs: middle + 3_600_000_000_000), CatalogQuery(topic: topicNames[5]),
      CatalogQuery(topic: "rare"), CatalogQuery(topic: "nothing"), CatalogQuery(topic: "drive*"),
      CatalogQuery(topic: "rar*"),
      CatalogQuery(topic: "nothing*"),
      CatalogQuery(text: "hockenheim"), CatalogQuery(text: "mcap car"), CatalogQuery(text: "unrepeat"),
      CatalogQuery(text: "nobody"), CatalogQuery(origin: RandomEntries.origins[1]),
      CatalogQuery(topic: topicNames[5], text: "mcap", origin: RandomEntries.origins[1]),
    ]
    return CatalogSort.Key.allCases.flatMap { key in
      [false, true].flatMap { isDescending in
        filters.map { filter in
          var query = filter
          query.sort = CatalogSort(key, isDescending: isDescending)
          return query
        }
      }
    }
  }

  @Test(
    "the first page of every query is fast, and putting stays as fast as it began",
    arguments: Backend.allCases)
  func staysFast(backend: Backend) throws {
    // The test's MongoDB reads every document for every query (it is written in Python): fewer entries and queries do.
    let isSmall = backend != .sqlite
    let count = isSmall ? 500 : 10_000
    let entries = Self.entries(count: count, seed: 60)
    try withCatalog(backend) { catalog, file in
      let clock = ContinuousClock()
      var batches: [Duration] = []
      for start in stride(from: 0, to: count, by: 100) {
        batches.append(try clock.measure { try catalog.put(Array(entries[start..<start + 100])) })
      }
      // The quickest of several: other programs' load slows single batches down.
      let first = batches.prefix(batches.count / 2).min() ?? .zero
      let last = batches.suffix(batches.count / 2).min() ?? .zero
      var slowest: (duration: Duration, query: CatalogQuery) = (.zero, CatalogQuery())
      var total = Duration.zero
      let queries = Self.queries(entries).enumerated().filter { !isSmall || $0.offset % 9 == 0 }.map(
        \.element)
      for query in queries {
        let duration = try clock.measure { _ = try catalog.search(query) }
        total += duration
        if duration > slowest.duration { slowest = (duration, query) }
      }
      let fileBytes = (try? FileManager.default.attributesOfItem(atPath: file)[.size] as? Int) ?? 0
      let single = try clock.measure { for entry in entries.prefix(50) { try catalog.put(entry) } }
      print(
        "\(backend): \(count) entries in batches of 100 in \(batches.reduce(.zero, +)) (quickest of the first half \(first), of the last",
        "\(last)), 50 one by one in \(single); \(queries.count) first pages of 100 in \(total), slowest",
        "\(slowest.duration) for \(slowest.query); file \(fileBytes) bytes")
      #expect(slowest.duration < .seconds(isSmall ? 20 : 3))
      #expect(last < first * 5, "putting does not slow down with the catalog's size")
    }
  }
}
