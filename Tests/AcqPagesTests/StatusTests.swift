import AcqCore
import AcqPages
import Testing

@Suite("Pages: status") struct StatusTests {
  @Test("the JSON has the product's shape, with every name always there")
  func shape() throws {
    let json = StatusJSON.encode(try Fixtures.busyBase())
    #expect(json["state"]?.string == "gaps" && json["node"]?["name"]?.string == "pit-laptop")
    let node = try #require(json["nodes"]?[0])
    for name in ["id", "name", "role", "held", "freed", "missing", "missingBytes", "since", "lastContact"] {
      #expect(node[name] != nil, "\(name)")
    }
    #expect(node["missingBytes"]?.string == "412200000" && node["held"]?.int64 == 9)
    #expect(node["since"]?.string == "2026-11-23T21:54:58.000000000Z")
    let refused = try #require(json["recordings"]?[0])
    for name in ["id", "name", "sealed", "base", "cloud", "catalog", "reason"] {
      #expect(refused[name] != nil, "\(name)")
    }
    #expect(refused["id"] == .null && refused["sealed"]?.bool == false)
    let fresh = try #require(json["recordings"]?[1])
    #expect(fresh["startNs"]?.string == "1234000000000")
    #expect(fresh["reason"]?.string == "arriving from ksu-26: 41 %")
  }

  @Test("a report survives JSON, whatever stands in it")
  func roundTrip() throws {
    var extreme = try Fixtures.fullDisk()
    extreme.nodes[0].missingBytes = .max
    extreme.nodes[0].sinceMs = 0
    extreme.recordings[0].sizeBytes = .max
    extreme.recordings[0].startNs = .max
    extreme.recordings[1].startNs = 0
    for report in [
      try Fixtures.safeCar(), try Fixtures.busyBase(), try Fixtures.fullDisk(), try Fixtures.lonelyCloud(),
      extreme,
    ] {
      #expect(try StatusJSON.decode(StatusJSON.encode(report).utf8) == report)
    }
  }

  @Test("a status cut at any byte, or without any of its names, is an error")
  func broken() throws {
    let bytes = StatusJSON.encode(try Fixtures.lonelyCloud()).utf8
    for count in 0..<bytes.count {
      #expect(throws: CoreError.self) { try StatusJSON.decode(Array(bytes[..<count])) }
    }
    let full = StatusJSON.encode(try Fixtures.busyBase())
    let members = try #require(full.object)
    for member in members {
      let without = JSON.object(members.filter { $0 != member })
      #expect(throws: CoreError.self, "\(member.name)") { try StatusJSON.decode(without.utf8) }
    }
    let row = try #require(full["recordings"]?[1]?.object)
    for member in row where member.name != "start" {
      let lacking = JSON.array([.object(row.filter { $0 != member })])
      let changed = JSON.object(
        members.map { $0.name == "recordings" ? JSON.Member("recordings", lacking) : $0 })
      #expect(throws: CoreError.self, "\(member.name)") { try StatusJSON.decode(changed.utf8) }
    }
  }

  @Test("the terminal shows aligned columns, whatever stands in them")
  func terminal() throws {
    var report = try Fixtures.busyBase()
    report.nodes[1].name = "カー1号"
    report.recordings = Array(report.recordings[1...3])
    report.alarms = ["Two machines use the key of ksu-26."]
    #expect(
      StatusText.render(report, showsRecordings: true) == """
        Wait: 3 recordings, 412 MB still to come to pit-laptop, about 40 s.

        ! Two machines use the key of ksu-26.

        node               role   held  freed  missing   bytes  since      last contact
        pit-laptop         base      9      0        3  412 MB  3 min ago  this node
        カー1号            car      12      4        0       -  -          2 s ago
        cloud.ksu.example  cloud     8      0        4  550 MB  3 min ago  18 min ago

        recording  origin    size  sealed  base  cloud  catalog  state
        1.mcap     ksu-26  275 MB  yes     -     -      -        arriving from ksu-26: 41 %
        2.mcap     ksu-26  412 MB  yes     -     -      -        cut off; queued
        3.mcap     ksu-26  550 MB  yes     yes   -      -        waiting: no contact with cloud.ksu.example \
        since 21:40:10
        """)
    let hostile = StatusText.render(try Fixtures.fullDisk(), showsRecordings: true)
    #expect(
      hostile.unicodeScalars.allSatisfy {
        $0 == "\n" || $0.value >= 0x20 && ![0x7F, 0x202E].contains($0.value)
      })
    #expect(hostile.contains("\\u{1b}[31m"))
  }

  @Test("moments are told from now, also when clocks disagree")
  func moments() {
    #expect(StatusText.ago(nil, 10) == "-" && StatusText.ago(nil, 10, never: "never") == "never")
    #expect(StatusText.ago(10_000, 10_000) == "now" && StatusText.ago(10_000, 11_000) == "now")
    #expect(StatusText.ago(10_000, 12_000) == "2 s ago" && StatusText.ago(20_000, 10_000) == "now")
    #expect(StatusText.ago(.max, 10_000) == "now" && StatusText.ago(0, .max) == "11574 days ago")
  }

  @Test("the page's first words are the sentence, and every state is told in words")
  func sentence() throws {
    for (report, word) in [
      (try Fixtures.safeCar(), "In sync"), (try Fixtures.busyBase(), "Gaps"),
      (try Fixtures.fullDisk(), "Disk full"), (try Fixtures.lonelyCloud(), "Cannot tell"),
    ] {
      let page = Fixtures.page(report)
      let main = try #require(page.ranges(of: "<main>").first?.upperBound)
      let heading = try #require(page.ranges(of: "<h1>\(report.sentence)</h1>").first?.lowerBound)
      // Between them stands nothing but the section's tag.
      #expect(page[main..<heading].filter { $0 == ">" }.count == 1)
      #expect(page.contains("<strong>\(word)</strong>"))
      #expect(page.contains("<meta http-equiv=\"refresh\" content=\"5\">"))
    }
  }

  @Test("every recording's way is told in words, or why it goes no further")
  func way() throws {
    let page = Fixtures.page(try Fixtures.busyBase())
    for words in [
      "sealed", "not sealed", "on base", "not on base", "on cloud", "not on cloud", "in catalog",
      "not in catalog", "arriving from ksu-26: 41 %", "refused: this is a PNG image, not MCAP", "cut off",
      "clock was not set", "clock corrected", "no messages", "11, 4 still on the way; 1 file not sealed",
    ] { #expect(page.contains(">\(words)<"), "\(words)") }
    #expect(page.contains("3 recordings, 412 MB for 3 min") && page.contains("18 min ago"))
  }

  @Test("a long list shows what is still on its way and the newest of the others, and counts the rest")
  func long() throws {
    var report = try Fixtures.safeCar()
    let rowsMax = 500
    for (count, note) in [(rowsMax, nil), (rowsMax + 1, "1 more are"), (9_999, "9499 more are")] {
      report.recordings = try (1...count).map { try Fixtures.recording($0) }
      report.recordings[count - 1].reason = "queued at last"
      let page = Fixtures.page(report)
      #expect(page.ranges(of: "<ol class=\"way\">").count == rowsMax)
      #expect(page.contains("queued at last"))
      #expect(note.map { page.contains("\($0) not shown.") } ?? !page.contains("not shown"))
    }
  }
}
