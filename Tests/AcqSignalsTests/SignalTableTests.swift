import AcqCore
import AcqSignals
import Testing

@Suite("Columns") struct SignalTableTests {
  private static let json = MessageEncoding(message: "json", schema: "", schemaName: "")

  /// Rows of every shape, some only from the middle on.
  private static func messages(_ count: Int) -> [[UInt8]] {
    var random = SeededRandom(seed: 5)
    return (0..<count).map { index in
      var members = ["\"n\":\(Int.random(in: -9...9, using: &random))"]
      if index % 3 > 0 { members.append("\"t\":\"\(String(repeating: "é", count: index % 50))\"") }
      let list = (0..<index % 7).map { "{\"x\":\($0),\"y\":\($0).5}" }.joined(separator: ",")
      members.append("\"l\":[\(list)]")
      if index > count / 2 { members.append("\"late\":[\"\(index)\",null]") }
      if index == count * 3 / 4 { members.append("\"n\":0.25") }
      return Array("{\(members.joined(separator: ","))}".utf8)
    }
  }

  @Test("columns that spill at once hold what columns in memory hold")
  func spilling() throws {
    let messages = Self.messages(4_000)
    let kept = try decode(messages, encoding: Self.json, schema: [])
    let scratch = MemoryBytes()
    let spilled = try decode(
      messages, encoding: Self.json, schema: [], space: SpillSpace(scratch, bufferedBytesMax: 0))
    #expect(scratch.sizeBytes > 100_000)
    let want = try TableText(kept).signals()
    #expect(want.count == 5)
    #expect(try TableText(spilled).signals() == want)
  }

  @Test("one message adds as many elements as the limit, and not one more")
  func elements() throws {
    let limit = SignalLimits.elementsPerMessageMax
    func message(_ count: Int) -> [UInt8] { Array("[\(String(repeating: "1,", count: count - 1))1]".utf8) }
    var table = SignalTable(in: SpillSpace(MemoryBytes()))
    var decoder = try Self.json.makeDecoder(schemaData: [], table: &table)
    try decoder.decode(message(limit)[...], timeNs: 1, into: &table)
    let error = #expect(throws: SignalError.self) {
      try decoder.decode(message(limit + 1)[...], timeNs: 2, into: &table)
    }
    #expect(error?.kind == .limit)
    try decoder.decode(message(1)[...], timeNs: 3, into: &table)
    try table.finish()
    #expect(table.rowCount == 2)
    #expect(table.columns[0].elementCount == limit + 1)
    #expect(table.columns[0].elementsPerRowMax == limit)
  }

  @Test("a topic has as many signals as the limit, and not one more")
  func signals() throws {
    let limit = SignalLimits.signalsPerTopicMax
    func message(_ count: Int) -> [UInt8] {
      Array("{\((0..<count).map { "\"k\($0)\":1" }.joined(separator: ","))}".utf8)
    }
    // As small a budget as in an export that shares the space.
    #expect(try decode([message(limit)], encoding: Self.json, schema: []).columns.count == limit)
    let error = #expect(throws: SignalError.self) {
      try decode([message(limit + 1)], encoding: Self.json, schema: [])
    }
    #expect(error?.kind == .limit)
  }

  @Test("scratch space that fails or forgets is an error, never a wrong value")
  func scratch() throws {
    final class Failing: Scratch {
      struct Full: Error {}
      var left: Int
      private(set) var sizeBytes: UInt64 = 0
      init(_ left: Int) { self.left = left }
      func append(_ bytes: ArraySlice<UInt8>) throws -> UInt64 {
        left -= bytes.count
        if left < 0 { throw Full() }
        defer { sizeBytes += UInt64(bytes.count) }
        return sizeBytes
      }
      func read(at offset: UInt64, count: Int) -> [UInt8] { [] }
    }
    let full = #expect(throws: SignalError.self) {
      try decode(
        Self.messages(4_000), encoding: Self.json, schema: [],
        space: SpillSpace(Failing(2_000), bufferedBytesMax: 0))
    }
    #expect(full?.kind == .scratch)
    let table = try decode(
      Self.messages(4_000), encoding: Self.json, schema: [],
      space: SpillSpace(Failing(.max), bufferedBytesMax: 0))
    let lost = #expect(throws: SignalError.self) { try TableText(table).signals() }
    #expect(lost?.kind == .scratch)
  }

  @Test("encodings without a decoder say so")
  func unsupported() {
    for (message, schema) in [("cdr", "ros2msg"), ("", ""), ("json", "protobuf"), ("protobuf", "")] {
      var table = SignalTable(in: SpillSpace(MemoryBytes()))
      let encoding = MessageEncoding(message: message, schema: schema, schemaName: "x")
      let error = #expect(throws: SignalError.self) {
        try encoding.makeDecoder(schemaData: [], table: &table)
      }
      #expect(error?.kind == .unsupported)
    }
  }
}
