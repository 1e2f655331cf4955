import AcqDaemon
import AcqHTTP
import Testing

@Suite("Configuration: values") struct ConfigurationValueTests {
  @Test("sizes carry units")
  func sizes() {
    let good: [(String, UInt64)] = [
      ("0", 0), ("1 B", 1), ("2 GiB", 2 << 30), ("500 MB", 500_000_000), ("1.5KiB", 1536),
      ("3 TB", 3_000_000_000_000),
    ]
    for (text, bytes) in good { #expect(Quantity.sizeBytes(text) == bytes, "\(text)") }
    for text in [
      "", "1", "GiB", "-1 B", "1 gib", "1 GiB x", ".5 GiB", "5. GiB", "1e3 B", "9000000 TiB", "inf B",
    ] {
      #expect(Quantity.sizeBytes(text) == nil, "\(text)")
    }
    #expect(Quantity.sizeBytes("8388607 TiB") == 8_388_607 << 40)
    #expect(Quantity.sizeBytes("8388608 TiB") == nil)
  }

  @Test("times and shares carry units")
  func timesAndShares() {
    #expect(Quantity.duration("200 ms") == .milliseconds(200))
    #expect(Quantity.duration("1.5h") == .seconds(5400))
    #expect(Quantity.duration("2 d") == .seconds(172_800))
    for text in ["", "5", "5 m", "1 month", "400000 d"] { #expect(Quantity.duration(text) == nil, "\(text)") }
    #expect(Quantity.percent("10 %") == 10)
    #expect(Quantity.percent("100%") == 100)
    for text in ["101 %", "10", "-1 %"] { #expect(Quantity.percent(text) == nil, "\(text)") }
  }

  @Test("addresses are read as the standards say, and nothing else is")
  func addresses() {
    let good: [(String, [UInt8])] = [
      ("0.0.0.0", [0, 0, 0, 0]), ("255.1.2.3", [255, 1, 2, 3]), ("::ffff:10.1.2.3", [10, 1, 2, 3]),
      ("::", Array(repeating: 0, count: 16)),
      ("fe80::1%eth0", [0xfe, 0x80] + Array(repeating: 0, count: 13) + [1]),
      ("1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
      ("1::", [0, 1] + Array(repeating: 0, count: 14)),
    ]
    for (text, bytes) in good { #expect(IPAddress(text)?.bytes == bytes, "\(text)") }
    let bad = [
      "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "+1.2.3.4", "1.2.3.", ":", ":::", "1:::2", "1::2::3",
      "::g",
      "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", ":1:2:3:4:5:6:7", "1.2.3.4::",
      "::1.2.3",
    ]
    for text in bad { #expect(IPAddress(text) == nil, "\(text)") }
  }

  @Test("a range holds exactly the addresses that share its first bits")
  func ranges() throws {
    let cases: [(String, String, Bool)] = [
      ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false),
      ("172.16.0.0/12", "172.31.255.255", true), ("172.16.0.0/12", "172.32.0.0", false),
      ("0.0.0.0/0", "8.8.8.8", true), ("0.0.0.0/0", "::1", false), ("fc00::/7", "fdff::1", true),
      ("fc00::/7", "fe00::1", false), ("10.0.0.1", "10.0.0.1", true), ("10.0.0.1", "10.0.0.2", false),
      ("10.0.0.0/8", "::ffff:10.0.0.1", true),
    ]
    for (range, address, isInside) in cases {
      let parsed = try #require(AddressRange(range))
      #expect(parsed.contains(try #require(IPAddress(address))) == isInside, "\(range) \(address)")
    }
    for text in ["10.0.0.1/8", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "/8", "fc00::/129", "x"] {
      #expect(AddressRange(text) == nil, "\(text)")
    }
    #expect(AddressRange.privateRanges.count == 9)
  }

  @Test("endpoints are read and written the same")
  func endpoints() {
    for text in ["*:1", "127.0.0.1:65535", "[::1]:80", "car-1.local:7461", "[fe80::1%eth0]:1"] {
      #expect(Endpoint(text)?.description == text, "\(text)")
    }
    #expect(Endpoint("::1", defaultPort: 5) == Endpoint(host: "::1", port: 5))
    #expect(Endpoint("base", defaultPort: 5) == Endpoint(host: "base", port: 5))
    #expect(Endpoint("[::1]", defaultPort: 5) == Endpoint(host: "::1", port: 5))
    for text in [
      "", ":1", "a:", "a:65536", "a:-1", "a b:1", "[::1", "[::1]x", "[a]:1", "1.2.3:1", "a:1:2", "a",
    ] {
      #expect(Endpoint(text) == nil, "\(text)")
    }
  }

  @Test("the nearest word is found through a swap, a missing and a wrong letter, and nonsense has none")
  func spelling() {
    let words = ["listen", "state", "min_free", "http"]
    for (typed, meant) in [
      ("lsiten", "listen"), ("sate", "state"), ("minfree", "min_free"), ("httq", "http"),
    ] {
      #expect(Spelling.nearest(to: typed, among: words) == meant)
    }
    #expect(Spelling.nearest(to: "zzzz", among: words) == nil)
    #expect(Spelling.nearest(to: "x", among: []) == nil)
    #expect(Spelling.nearest(to: String(repeating: "x", count: 100_000), among: words) == nil)
  }
}
