import AcqCore
import AcqExport
import Foundation
import TestSupport
import Testing

@Suite("The shape of MAT exports") struct ShapeTests {
  /// Exports `recording`, lets Python and Octave compare every value, and returns what was exported.
  @discardableResult
  private func check(_ recording: MemoryBytes) throws -> MATExport.Report {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/recording.mcap"
    try save(recording.bytes, path)
    let (words, report) = try verify(path, inOctave: true)
    #expect(UInt64(words[2]) == report.messageCount)
    return report
  }

  @Test("random protobuf topics come out value for value", .needsTool("octave"), arguments: [21, 22])
  func randomProtobuf(seed: Int) throws {
    let output = try PythonTools.run(
      "Tests/AcqSignalsTests/Judges/random_messages.py", ["\(seed)", "40", "30"])
    var recording = try RecordingBuilder()
    var topic = ""
    var time: UInt64 = 1_700_000_000_000_000_000
    for line in output.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      if words[0] == "schema" {
        topic = "t\(time)"
        let schema = (words[1], "protobuf", try #require(Hex.decode(words[2])))
        try recording.channel(topic, encoding: "protobuf", schema: schema)
      } else if words[0] == "message" {
        time += 1_234_567
        try recording.message(topic, words[1] == "-" ? [] : try #require(Hex.decode(words[1])), ns: time)
      }
    }
    #expect(try check(try recording.finish()).variables.count == 40, "seed \(seed)")
  }

  @Test("JSON of every shape comes out value for value", .needsTool("octave"))
  func json() throws {
    var recording = try RecordingBuilder()
    let texts = [
      #"{"i":1,"f":0.5,"s":"plain","b":true,"big":9007199254740993,"u":18446744073709551615}"#,
      #"{"i":-3,"s":"grüß dich","late":{"deep":[1,2,3]}}"#, #"{"s":"x😀y","list":["a","","€"]}"#,
      #"{"s":"","b":null,"list":[],"late":{"deep":[]}}"#, #"{"f":7,"i":9223372036854775807}"#,
    ]
    for (index, text) in texts.enumerated() {
      try recording.json("all", text, ns: 1_000 + UInt64(index))
      try recording.json("empty", "{}", ns: 2_000 + UInt64(index))
      try recording.json("scalar", "\(index)", ns: 3_000 + UInt64(index))
    }
    #expect(try check(try recording.finish()).variables == ["all", "empty", "scalar"])
  }

  @Test("arrays that must be turned around in parts come out value for value", .needsTool("octave"))
  func wide() throws {
    var random = SeededRandom(seed: 9)
    var recording = try RecordingBuilder(chunkBytes: 1 << 20)
    for row in 0..<1_500 {
      // More than the memory of one turn: 1500 rows of up to 900 doubles.
      let count = row == 700 ? 900 : Int.random(in: 0...600, using: &random)
      let numbers = (0..<count).map { "\($0 + row).5" }.joined(separator: ",")
      try recording.json("wide", "[\(numbers)]", ns: UInt64(row))
    }
    for row in 0..<30 {
      // More texts in a row than are collected at once.
      let texts = (0..<(row == 3 ? 300 : row)).map { "\"\(row) \($0)\"" }.joined(separator: ",")
      try recording.json("texts", "[\(texts)]", ns: UInt64(row))
    }
    for row in 0..<20_000 { try recording.json("long", "{\"n\":[\(row),1,2]}", ns: UInt64(row) * 7) }
    try check(try recording.finish())
  }

  @Test("names follow MATLAB's rules and the original ones stand in meta")
  func names() throws {
    let long = String(repeating: "n", count: 70)
    let topics = ["/a/b", "/a.b", "1st", "meta", "über", long, long + "2", "good", ""]
    var recording = try RecordingBuilder()
    for topic in topics { try recording.json(topic, #"{"Data":1,"a b":{"x":2},"a-b":3,"_":4}"#, ns: 5) }
    let (bytes, report) = try export(try recording.finish(), name: "day/1.mcap")
    #expect(
      Set(report.variables) == [
        "x_a_b", "x_a_b_1", "x1st", "meta_1", "x_ber", String(repeating: "n", count: 63),
        String(repeating: "n", count: 61) + "_1", "good", "x",
      ])
    let meta = try meta(bytes)
    #expect(meta["recording"]?.string == "day/1.mcap")
    let named = zip(strings(meta["topics"]?["topic"]), strings(meta["topics"]?["variable"]))
    #expect(Dictionary(uniqueKeysWithValues: named)["/a/b"] == "x_a_b_1")
    let signals = zip(strings(meta["signals"]?["variable"]), strings(meta["signals"]?["path"]))
    let paths = Dictionary(uniqueKeysWithValues: signals)
    #expect(paths["good.Data"] == "Data")
    #expect(paths["good.a_b.x"] == "a b.x")
    #expect(paths["good.a_b_1"] == "a-b")
    #expect(paths["good.x_"] == "_")
  }

  private func strings(_ value: JSON?) -> [String] { (value?.array ?? []).map { $0.string ?? "" } }

  @Test("values of several types under one path stand side by side, reserved names too")
  func sideBySide() throws {
    var recording = try RecordingBuilder()
    for (index, text) in [#"{"a":1}"#, #"{"a":"off"}"#, #"{"a":{"Data":2,"b":3}}"#].enumerated() {
      try recording.json("t", text, ns: UInt64(index))
    }
    let meta = try meta(try export(try recording.finish()).bytes)
    #expect(strings(meta["signals"]?["variable"]) == ["t.a", "t.a_1", "t.a.Data_1", "t.a.b"])
    #expect(strings(meta["signals"]?["type"]) == ["int64", "string", "int64", "int64"])
  }

  @Test("meta has the origin in three forms, units, notes and what is skipped")
  func metaContent() throws {
    var recording = try RecordingBuilder()
    let schema = #"{"type":"object","properties":{"v":{"type":"number","unit":"km/h"}}}"#
    try recording.channel(
      "speed", encoding: "json", schema: ("Speed", "jsonschema", Array(schema.utf8)))
    try recording.channel("ros", encoding: "cdr", schema: ("std_msgs/msg/String", "ros2msg", []))
    try recording.channel("silent", encoding: "json")
    try recording.message("ros", [0, 1, 0, 0], ns: 1_777_726_799_999_999_999)
    try recording.json("speed", #"{"v":3}"#, ns: 1_777_726_800_500_000_000)
    try recording.message("speed", Array("{broken".utf8), ns: 1_777_726_801_000_000_000)
    let meta = try meta(try export(try recording.finish()).bytes)
    #expect(meta["origin"]?["iso"]?.string == "2026-05-02T12:59:59.999999999Z")
    #expect(meta["origin"]?["ns"]?[0]?.uint64 == 1_777_726_799_999_999_999)
    #expect(meta["origin"]?["posix"]?[0]?.double == 1_777_726_799.999999999)
    #expect(strings(meta["signals"]?["unit"]) == ["km/h"])
    #expect(strings(meta["skipped"]?["topic"]) == ["ros", "silent"])
    #expect(
      strings(meta["skipped"]?["reason"]) == ["encoding cdr cannot be decoded yet", "it has no message"])
    #expect(strings(meta["notes"]).count == 1)
    #expect(strings(meta["notes"])[0].hasPrefix("speed: of its messages, 1 could not be decoded: JSON:"))
    #expect(strings(meta["topics"]?["schema"]) == ["Speed"])
  }
}
