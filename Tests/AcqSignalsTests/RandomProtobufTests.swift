import AcqCore
import AcqSignals
import TestSupport
import Testing

@Suite("Protobuf against PyPI's protobuf") struct RandomProtobufTests {
  /// One schema of the judge, its messages and what protobuf reads in them.
  private struct Case {
    var name = ""
    var schema: [UInt8] = []
    var messages: [[UInt8]] = []
    var signals: [String: [String]] = [:]
  }

  private static func run(seed: Int, schemas: Int, messages: Int) throws -> (
    cases: [Case], features: [String: Int]
  ) {
    let output = try PythonTools.run(
      "Tests/AcqSignalsTests/Judges/random_messages.py", ["\(seed)", "\(schemas)", "\(messages)"])
    var cases: [Case] = []
    var current = Case()
    var features: [String: Int] = [:]
    for line in output.split(separator: "\n") {
      let words = line.split(separator: " ").map(String.init)
      switch words[0] {
      case "schema": current = Case(name: words[1], schema: try #require(Hex.decode(words[2])))
      case "message": current.messages.append(words[1] == "-" ? [] : try #require(Hex.decode(words[1])))
      case "signal": current.signals[words[1...3].joined(separator: " ")] = Array(words[4...])
      case "end": cases.append(current)
      default:
        for pair in words.dropFirst() {
          let parts = pair.split(separator: "=")
          features[String(parts[0])] = Int(parts[1])
        }
      }
    }
    return (cases, features)
  }

  private static let features = [
    "bool", "bytes", "double", "editions", "empty_message", "enum", "fixed32", "fixed64", "float", "group",
    "implicit_presence_by_feature", "int32", "int64", "joined_messages", "large_field_number", "map",
    "nested_enum", "nested_message", "nested_type", "oneof", "packed", "proto2", "proto3", "proto3_optional",
    "recursive", "repeated_message", "repeated_scalar", "several_files", "sfixed32", "sfixed64", "sint32",
    "sint64", "string", "uint32", "uint64", "unknown_enum_number", "unknown_field", "unpacked",
  ]

  @Test("random schemas and messages are read as PyPI's protobuf reads them", arguments: [1, 2])
  func random(seed: Int) throws {
    let (cases, counts) = try Self.run(seed: seed, schemas: 72, messages: 20)
    #expect(cases.count == 72)
    for feature in Self.features { #expect(counts[feature, default: 0] > 0, "seed \(seed): \(feature)") }
    for (number, one) in cases.enumerated() {
      let encoding = MessageEncoding(message: "protobuf", schema: "protobuf", schemaName: one.name)
      let table = try decode(one.messages, encoding: encoding, schema: one.schema)
      let signals = try TableText(table).signals()
      #expect(Set(signals.keys) == Set(one.signals.keys), "seed \(seed), schema \(number)")
      for (signal, want) in one.signals {
        #expect(signals[signal] == want, "seed \(seed), schema \(number), \(signal)")
      }
    }
  }

  @Test("a message cut at any byte is read or refused, and a refused one leaves no trace")
  func truncated() throws {
    let (cases, _) = try Self.run(seed: 3, schemas: 12, messages: 3)
    for one in cases {
      let encoding = MessageEncoding(message: "protobuf", schema: "protobuf", schemaName: one.name)
      let whole = try TableText(try decode(one.messages, encoding: encoding, schema: one.schema)).signals()
      var table = SignalTable(in: SpillSpace(MemoryBytes()))
      var decoder = try encoding.makeDecoder(schemaData: one.schema[...], table: &table)
      var refused = 0
      for message in one.messages {
        for cut in message.indices {
          do throws(SignalError) {
            // Tried on a copy: what is read without an error is a shorter message, and no part of the
            // comparison.
            var trial = table
            try decoder.decode(message[..<cut], timeNs: 0, into: &trial)
          } catch {
            #expect(error.kind == .malformed)
            refused += 1
            #expect(throws: SignalError.self) {
              try decoder.decode(message[..<cut], timeNs: 0, into: &table)
            }
          }
        }
        try decoder.decode(message[...], timeNs: 1, into: &table)
      }
      try table.finish()
      #expect(try TableText(table).signals() == whole)
      #expect(refused > 0 || one.messages.allSatisfy { $0.count < 16 })
    }
  }

  @Test("a schema cut at any byte is refused or lacks types, and never traps")
  func truncatedSchema() throws {
    let (cases, _) = try Self.run(seed: 4, schemas: 4, messages: 1)
    for one in cases {
      let encoding = MessageEncoding(message: "protobuf", schema: "protobuf", schemaName: one.name)
      for cut in one.schema.indices {
        var table = SignalTable(in: SpillSpace(MemoryBytes()))
        // Either way is fine: a set that ends between two files is a set.
        _ = try? encoding.makeDecoder(schemaData: one.schema[..<cut], table: &table)
      }
    }
  }
}
