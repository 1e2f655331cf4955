import AcqCatalog
import AcqCore
import TestSupport
import Testing

@Suite("BSON") struct BSONTests {
  private let sample: BSONDocument = [
    "double": .double(-1.5), "string": .string("é\u{0}z"), "empty": .string(""),
    "document": .document(["a": .null, "": .bool(true)]),
    "array": .array([.int32(-1), .int64(.min), .array([])]),
    "other": .other(type: 0x07, bytes: [UInt8](1...12)), "bool": .bool(false),
  ]

  @Test("a document survives its bytes")
  func roundTrip() throws {
    #expect(try BSONDocument(decoding: sample.encoded) == sample)
    #expect(BSONDocument().encoded == [5, 0, 0, 0, 0])
  }

  @Test("our bytes are those of another implementation, and its bytes are ours")
  func agreesWithPython() throws {
    let ours = sample.encoded
    let script = """
      import sys, bson, datetime, re
      from bson import Int64, ObjectId, Binary, Timestamp, Decimal128, MinKey, MaxKey, Regex
      sample = bson.encode({"double": -1.5, "string": "é\\0z", "empty": "", "document": {"a": None, "": True},
        "array": [-1, Int64(-2**63), []], "other": ObjectId(bytes(range(1, 13))), "bool": False})
      assert sample == sys.stdin.buffer.read()
      sys.stdout.buffer.write(bson.encode({"binary": Binary(b"xy", 5), "date": datetime.datetime(2026, 6, 14),
        "regex": Regex("^a", "i"), "timestamp": Timestamp(1, 2), "decimal": Decimal128("1.5"), "min": MinKey(),
        "max": MaxKey(), "last": 7}))
      """
    let theirs = try PythonTools.runBytes(script, input: ours)
    let document = try BSONDocument(decoding: theirs)
    #expect(document["last"] == .int32(7))
    #expect(document.fields.count == 8)
    #expect(document.encoded == theirs)
  }

  @Test("a document cut anywhere or with a byte too many is refused")
  func truncated() {
    let bytes = sample.encoded
    for count in 0..<bytes.count {
      #expect(throws: CoreError.self) { try BSONDocument(decoding: Array(bytes.prefix(count))) }
    }
    #expect(throws: CoreError.self) { try BSONDocument(decoding: bytes + [0]) }
  }

  @Test("a document with any byte changed is refused or read, never a trap")
  func corrupted() {
    let bytes = sample.encoded
    for index in bytes.indices {
      for value in [0, 1, 0x7F, 0x80, 0xFF, bytes[index] ^ 1] as [UInt8] {
        var changed = bytes
        changed[index] = value
        _ = try? BSONDocument(decoding: changed)
      }
    }
  }

  @Test("nesting is limited")
  func nesting() throws {
    func nested(_ depth: Int) -> BSONDocument {
      var document = BSONDocument()
      for _ in 1..<depth { document = BSONDocument(dictionaryLiteral: ("d", .document(document))) }
      return document
    }
    #expect(throws: Never.self) { try BSONDocument(decoding: nested(Limits.nestingMax).encoded) }
    #expect(throws: CoreError.self) { try BSONDocument(decoding: nested(Limits.nestingMax + 1).encoded) }
  }

  @Test("an entry survives its document and its details, and every missing field is noticed")
  func entries() throws {
    var random = RandomEntries(seed: 70)
    for _ in 0..<50 {
      let entry = random.entry()
      #expect(try CatalogEntry(try BSONDocument(decoding: entry.document.encoded)) == entry)
      var copy = entry
      (copy.topics, copy.metadata, copy.problems) = ([], [], [])
      try copy.setDetails(entry.details)
      #expect(copy == entry)
    }
    let needed = [
      "_id", "version", "name", "origin", "originName", "sizeBytes", "isCutOff", "topics", "metadata",
      "problems",
    ]
    for name in needed {
      var document = random.entry().document
      document[name] = nil
      #expect {
        try CatalogEntry(document)
      } throws: { error in
        (error as? CatalogError)?.kind == .malformed && "\(error)".contains(name)
      }
    }
    let details = random.entry().details
    for count in 0..<details.utf8.count {
      var entry = random.entry()
      #expect(throws: CatalogError.self) {
        try entry.setDetails(String(decoding: details.utf8.prefix(count), as: UTF8.self))
      }
    }
  }
}
