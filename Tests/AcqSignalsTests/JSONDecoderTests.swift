import AcqCore
import AcqSignals
import Testing

@Suite("JSON topics") struct JSONDecoderTests {
  private func signals(_ messages: [String], schema: String? = nil) throws -> [String: [String]] {
    try TableText(try table(messages, schema: schema)).signals()
  }

  private func table(_ messages: [String], schema: String? = nil) throws -> SignalTable {
    let encoding = MessageEncoding(
      message: "json", schema: schema == nil ? "" : "jsonschema", schemaName: "x")
    return try decode(messages.map { Array($0.utf8) }, encoding: encoding, schema: Array((schema ?? "").utf8))
  }

  private func bits(_ values: Double...) -> [String] {
    values.map { value in
      let text = String(value.bitPattern, radix: 16)
      return String(repeating: "0", count: 16 - text.count) + text
    }
  }

  @Test("64-bit integers stay integers")
  func integers() throws {
    let big = #"{"a":9007199254740993,"b":-9223372036854775808,"c":18446744073709551615}"#
    #expect(
      try signals([big]) == [
        "a int64 single": ["9007199254740993"], "b int64 single": ["-9223372036854775808"],
        "c uint64 single": ["18446744073709551615"],
      ])
  }

  @Test("a number widens to what holds all its values, also those read earlier")
  func widening() throws {
    #expect(
      try signals(["{\"a\":1}", "{}", "{\"a\":1.5}", "{\"a\":2}"]) == [
        "a double single": absent(bits(1, 0, 1.5, 2), 1)
      ])
    #expect(
      try signals(["{\"a\":1}", "{\"a\":9223372036854775808}"]) == [
        "a uint64 single": ["1", "9223372036854775808"]
      ])
    #expect(
      try signals(["{\"a\":-1}", "{\"a\":9223372036854775808}"]) == [
        "a double single": bits(-1, 9_223_372_036_854_775_808)
      ])
    #expect(
      try signals(["{\"a\":9223372036854775808}", "{\"a\":-1}"]) == [
        "a double single": bits(9_223_372_036_854_775_808, -1)
      ])
    #expect(
      try signals(["{\"a\":[1,2]}", "{\"a\":[3.5]}"]) == [
        "a double list": ["[\(bits(1, 2).joined(separator: ","))]", "[\(bits(3.5)[0])]"]
      ])
  }

  private func absent(_ values: [String], _ index: Int) -> [String] {
    values.enumerated().map { $0.offset == index ? "-" : $0.element }
  }

  @Test("integers that a fraction forces to round are noted")
  func rounding() throws {
    #expect(try table(["{\"a\":1}", "{\"a\":1.5}"]).notes.isEmpty)
    #expect(try table(["{\"a\":9007199254740992}", "{\"a\":1.5}"]).notes.isEmpty)
    #expect(try table(["{\"a\":9007199254740993}", "{\"a\":1.5}"]).notes.count == 1)
  }

  @Test("a schema's number is a fraction from the start, and names its unit")
  func schema() throws {
    let schema = """
      {"type":"object","properties":{"v":{"type":"number","unit":"m/s"},"n":{"type":"integer"},
      "w":{"type":"array","items":{"type":["number","null"]}},
      "o":{"type":"array","items":{"type":"object","properties":{"z":{"type":"number"}}}}}}
      """
    let table = try table([#"{"v":3,"n":3,"w":[1],"o":[{"z":2}]}"#], schema: schema)
    #expect(
      try TableText(table).signals() == [
        "v double single": bits(3), "n int64 single": ["3"], "w double list": ["[\(bits(1)[0])]"],
        "o.z double list": ["[\(bits(2)[0])]"],
      ])
    #expect(table.columns.first { $0.signal.dottedPath == "v" }?.signal.unit == "m/s")
  }

  @Test("values of one path with several types have a column each")
  func mixed() throws {
    #expect(
      try signals(["{\"a\":1}", "{\"a\":\"off\"}", "{\"a\":true}", "{\"a\":null}", "{\"a\":{\"b\":2}}"]) == [
        "a int64 single": ["1", "-", "-", "-", "-"], "a string single": ["-", "x6f6666", "-", "-", "-"],
        "a bool single": ["-", "-", "1", "-", "-"], "a.b int64 single": ["-", "-", "-", "-", "2"],
      ])
    #expect(
      try signals(["3", "[4,5]", "\"x\""]) == [
        " int64 single": ["3", "-", "-"], " int64 list": ["[]", "[4,5]", "[]"],
        " string single": ["-", "-", "x78"],
      ])
  }

  @Test("members of an array's objects stay side by side")
  func arrays() throws {
    #expect(
      try signals([
        #"{"p":[{"x":1},{"y":2},{"x":3,"y":4},{}]}"#, #"{"p":[]}"#, #"{"p":[{"x":5}]}"#,
      ]) == [
        "p.x int64 list": ["[1,-,3,-]", "[]", "[5]"], "p.y int64 list": ["[-,2,4,-]", "[]", "[-]"],
      ])
    #expect(
      try signals([#"{"p":[1,"a",2.5,null]}"#]) == [
        "p double list": ["[\(bits(1)[0]),-,\(bits(2.5)[0]),-]"], "p string list": ["[-,x61,-,-]"],
      ])
    #expect(try signals([#"{"p":[[1,2],[3]]}"#, #"{"p":[[4]]}"#]) == ["p int64 list": ["[1,2,3]", "[4]"]])
    #expect(
      try signals([#"{"p":[{"q":[{"x":1},{}]},{"q":[{"x":2}]}]}"#]) == ["p.q.x int64 list": ["[1,-,2]"]])
  }

  @Test("of a name given twice the last value counts")
  func duplicates() throws {
    #expect(try signals([#"{"a":1,"a":2}"#]) == ["a int64 single": ["2"]])
  }

  @Test("a broken message adds no row and spoils none")
  func malformed() throws {
    var table = SignalTable(in: SpillSpace(MemoryBytes()))
    let encoding = MessageEncoding(message: "json", schema: "", schemaName: "")
    var decoder = try encoding.makeDecoder(schemaData: [], table: &table)
    let whole = Array(#"{"a":[1,2],"b":"text"}"#.utf8)
    try decoder.decode(whole[...], timeNs: 1, into: &table)
    for cut in whole.indices {
      let error = #expect(throws: SignalError.self) {
        try decoder.decode(whole[..<cut], timeNs: 2, into: &table)
      }
      #expect(error?.kind == .malformed)
    }
    try decoder.decode(whole[...], timeNs: 3, into: &table)
    try table.finish()
    #expect(
      try TableText(table).signals() == [
        "a int64 list": ["[1,2]", "[1,2]"], "b string single": ["x74657874", "x74657874"],
      ])
    var times = TimeReader(table)
    #expect(try times.read(2) == [1, 3])
  }
}
