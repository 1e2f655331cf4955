import AcqCatalog
import AcqCore

/// Entries as a season could leave them, with many equal names, sizes and times, and some without messages.
struct RandomEntries {
  var random: SeededRandom
  static let drivers = ["Anna Müller", "Björn", "Chloé", "José Ñandú", "Dana", "Erik"]
  static let places = ["Hockenheim", "Michigan MIS", "TT Circuit Assen", "parking-lot 3"]
  static let topics = [
    "ACUCoreData", "ACUAllData", "VehicleData", "VNData", "/tf", "/tf_static", "ü/örtlich",
  ]
  static let origins: [NodeID] = (0..<3).map { node in id(UInt8(node), NodeID.self) }

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  static func id<Subject>(_ byte: UInt8, _: Digest<Subject>.Type) -> Digest<Subject> {
    guard let id = Digest<Subject>([UInt8](repeating: byte, count: 32)) else {
      preconditionFailure("32 bytes")
    }
    return id
  }

  mutating func id() -> ContentID {
    guard let id = ContentID(random.bytes(32)) else { preconditionFailure("32 bytes") }
    return id
  }

  mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int.random(in: 0..<values.count, using: &random)]
  }

  mutating func entry() -> CatalogEntry {
    let origin = Int.random(in: 0..<Self.origins.count, using: &random)
    var entry = CatalogEntry(
      id: id(), name: name(), origin: Self.origins[origin], originName: "car-\(origin)",
      sizeBytes: UInt64.random(in: 0..<20, using: &random) * 1_000,
      isCutOff: Bool.random(using: &random))
    if Int.random(in: 0..<10, using: &random) > 0 {
      let start = UInt64.random(in: 0..<40, using: &random) * 1_000_000_000
      entry.startNs = start
      entry.endNs = start + UInt64.random(in: 0..<5, using: &random) * 1_000_000_000
    }
    entry.topics = Self.topics.filter { _ in Bool.random(using: &random) }.map {
      CatalogTopic(name: $0, schema: "hytech." + $0, encoding: "protobuf", count: 17)
    }
    entry.metadata = [
      CatalogMetadata(
        name: "setup",
        fields: [("driver", pick(Self.drivers)), ("location", pick(Self.places)), ("empty", "")])
    ]
    if entry.isCutOff { entry.problems = ["cut off at byte 17", "\"quoted\"\n\u{1}"] }
    if Int.random(in: 0..<5, using: &random) == 0 { entry.parent = id() }
    return entry
  }

  private mutating func name() -> String {
    let number = Int.random(in: 1..<30, using: &random)
    return pick(["\(number).mcap", "\(number).mcap", "Endurance_\(number).mcap", "skid pad \(number)é.MCAP"])
  }

  mutating func query() -> CatalogQuery {
    var query = CatalogQuery()
    func coin(_ odds: Int) -> Bool { Int.random(in: 0..<odds, using: &random) == 0 }
    if coin(3) { query.fromNs = UInt64.random(in: 0..<42, using: &random) * 1_000_000_000 }
    if coin(3) { query.toNs = UInt64.random(in: 0..<42, using: &random) * 1_000_000_000 }
    if coin(3) { query.topic = pick(Self.topics + ["ACU*", "/tf*", "*", "nothing", "ü*"]) }
    if coin(3) {
      query.text = pick([
        "muller", "MÜL", "endur", "mcap", "1", "hockenheim ann", "car-1", "chloe", "jose nan", "3 lot",
        "nobody",
        "--", "ml",
      ])
    }
    if coin(3) { query.origin = pick(Self.origins) }
    query.sort = CatalogSort(pick(CatalogSort.Key.allCases), isDescending: coin(2))
    query.limit = pick([3, 7, 20, 50, 500])
    return query
  }
}
