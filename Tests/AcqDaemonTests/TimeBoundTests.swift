import AcqCore
import AcqCrypto
import AcqDaemon
import AcqExport
import AcqHTTP
import AcqReplication
import Testing

@Suite("Times and options of exports") struct TimeBoundTests {
  @Test(
    "four forms are read",
    arguments: [
      ("0", TimeBound.absolute(0)), ("18446744073709551615", .absolute(.max)),
      ("10s", .afterFirst(10_000_000_000)),
      ("0.5s", .afterFirst(500_000_000)), ("-10s", .beforeLast(10_000_000_000)), ("-0s", .beforeLast(0)),
      ("2026-05-02T13:00:00Z", .absolute(1_777_726_800_000_000_000)),
    ])
  func forms(text: String, bound: TimeBound) { #expect(TimeBound(parsing: text) == bound) }

  @Test(
    "anything else is none",
    arguments: [
      "", "s", "-", "10", "-5", "10m", "nan s", "nans", "infs", "-infs", "1e99s", "1000000000s",
      "2026-13-01T00:00:00Z",
      "18446744073709551616", "yesterday", "10 s",
    ])
  func others(text: String) {
    let bound = TimeBound(parsing: text)
    if text == "10" { #expect(bound == .absolute(10)) } else { #expect(bound == nil, "\(text)") }
  }

  @Test("bounds are clamped and never wrap")
  func clamps() {
    #expect(TimeBound.afterFirst(5).resolve(startNs: .max - 4, endNs: .max) == .max)
    #expect(TimeBound.afterFirst(5).resolve(startNs: 10, endNs: 20) == 15)
    #expect(TimeBound.beforeLast(5).resolve(startNs: 0, endNs: 4) == 0)
    #expect(TimeBound.beforeLast(5).resolve(startNs: 0, endNs: 20) == 15)
    #expect(TimeBound.absolute(3).resolve(startNs: 10, endNs: 20) == 3)
  }

  private func request(_ query: [(String, String)]) throws -> MATRequest {
    let body = RecordingBody(
      sizeBytes: 1, blockRoot: BlockMap.hash(block: [1]), name: "1.mcap", startNs: 1_000,
      endNs: 5_000_000_000,
      isCutOff: false)
    let http = HTTPRequest(
      method: "GET", path: "/", query: query.map { (name: $0.0, value: $0.1) }, peer: .local)
    return try MATRequest(http, stated: StatedRecording(origin: .zero, sequence: 1, body: body))
  }

  @Test("a request names topics and a time range; the default is everything")
  func requests() throws {
    let all = try request([])
    #expect(all.request.topics == ["*"] && all.request.startNs == nil && all.request.endNs == nil)
    let some = try request([("topics", "b,a,b"), ("topics", "c"), ("start", "1s"), ("end", "-1s")])
    #expect(some.request.topics == ["a", "b", "c"])
    #expect(some.request.startNs == 1_000_001_000 && some.request.endNs == 4_000_000_000)
  }

  @Test("unknown parameters, unreadable times and empty ranges are refused")
  func refused() {
    for query in [
      [("topic", "a")], [("start", "soon")], [("start", "9"), ("end", "9")], [("start", "9"), ("end", "8")],
    ] {
      #expect(throws: (any Error).self, "\(query)") { try request(query) }
    }
  }

  @Test("the same request has the same name in the cache, however it is written; another has another")
  func names() throws {
    let id = SHA256.hash([1], as: ContentID.self)
    let name = try request([("topics", "a,b"), ("start", "1s")]).cacheName(id)
    #expect(try request([("start", "1000001000"), ("topics", "b"), ("topics", "a")]).cacheName(id) == name)
    for other in [
      [("topics", "a"), ("start", "1s")], [("topics", "a,b")], [("topics", "a,b"), ("end", "1s")],
    ] {
      #expect(try request(other).cacheName(id) != name)
    }
    #expect(name.hasPrefix(id.hex) && name.hasSuffix(".mat") && !name.contains("/"))
  }
}
