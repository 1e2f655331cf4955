import Foundation
import TestSupport
import Testing

@Suite("Tidy: imports") struct ImportTests {
  private static func folders() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: Repository.path("Sources")).sorted()
  }

  @Test("every room has a row, and every row is a room")
  func rows() throws {
    #expect(try Self.folders().filter { !Rooms.isC($0) } == Rooms.all.keys.sorted())
  }

  @Test("every C library is imported by exactly one room")
  func importersOfC() throws {
    for module in try Self.folders() where Rooms.isC(module) {
      #expect(Rooms.importersOfC[module]?.count == 1, "\(module)")
    }
  }

  @Test("each room imports only what its row allows", arguments: Rooms.all.keys.sorted())
  func imports(room: String) throws {
    let allowed = try #require(Rooms.all[room])
    for file in try SourceFile.swift(in: ["Sources/" + room]) {
      for (module, line) in file.imports {
        #expect(allowed.contains(module), "\(file.path):\(line) imports \(module)")
      }
    }
  }

  @Test("pure rooms reach nothing but pure rooms and their C libraries")
  func pureRooms() {
    for (room, modules) in Rooms.pure {
      for module in modules {
        #expect(Rooms.pure[module] != nil || Rooms.isC(module), "\(room) imports \(module)")
      }
    }
  }

  @Test("no room is imported by one that it imports itself")
  func noCycles() {
    func reaches(_ from: String, _ to: String, _ seen: inout Set<String>) -> Bool {
      guard seen.insert(from).inserted else { return false }
      return (Rooms.all[from] ?? []).contains { $0 == to || reaches($0, to, &seen) }
    }
    for room in Rooms.all.keys {
      var seen: Set<String> = []
      #expect(!reaches(room, room, &seen), "\(room)")
    }
  }

  @Test("imports are found in every form")
  func forms() {
    let text = """
      import A
      public import B  // why
      @preconcurrency import C
      import struct D.Inner
      // import E
      let important = "import F"
      """
    #expect(SourceFile(path: "x.swift", text: text).imports.map(\.module) == ["A", "B", "C", "D"])
  }
}
