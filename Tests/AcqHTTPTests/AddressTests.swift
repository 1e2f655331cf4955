import AcqHTTP
import Testing

@Suite("HTTP: addresses") struct AddressTests {
  @Test(
    "private is loopback, RFC 1918, 100.64/10, link-local and fc00::/7, mapped or not, and nothing beside",
    arguments: [
      ("127.0.0.1", true), ("127.255.255.255", true), ("126.255.255.255", false), ("128.0.0.0", false),
      ("10.0.0.0", true), ("10.255.255.255", true), ("9.255.255.255", false), ("11.0.0.0", false),
      ("172.15.255.255", false), ("172.16.0.0", true), ("172.31.255.255", true), ("172.32.0.0", false),
      ("192.167.255.255", false), ("192.168.0.0", true), ("192.168.255.255", true), ("192.169.0.0", false),
      ("100.63.255.255", false), ("100.64.0.0", true), ("100.127.255.255", true), ("100.128.0.0", false),
      ("169.253.255.255", false), ("169.254.0.0", true), ("169.254.255.255", true), ("169.255.0.0", false),
      ("0.0.0.0", false), ("8.8.8.8", false), ("255.255.255.255", false),
      ("::1", true), ("::", false), ("::2", false), ("fe7f::1", false), ("fe80::1", true),
      ("febf::1", true), ("fec0::1", false), ("fbff::1", false), ("fc00::1", true), ("fdff::1", true),
      ("fe00::1", false), ("2001:db8::1", false), ("::ffff:10.1.2.3", true), ("::ffff:8.8.8.8", false),
      ("::ffff:127.0.0.1", true), ("::10.1.2.3", false), ("64:ff9b::10.1.2.3", false),
    ])
  func classes(text: String, isPrivate: Bool) throws {
    let peer = try #require(PeerAddress(parsing: text))
    #expect(peer.isPrivate == isPrivate)
  }

  @Test("the Unix socket is local and lies in no range")
  func local() {
    #expect(PeerAddress.local.isLoopback && PeerAddress.local.isPrivate)
    #expect(!PeerAddress.local.lies(in: AddressRange.privateRanges))
    #expect("\(PeerAddress.local)" == "local")
  }

  @Test(
    "addresses are read as proxies write them and shown as people do",
    arguments: [
      ("192.0.2.7", "192.0.2.7"), ("192.0.2.7:8080", "192.0.2.7"), ("[2001:db8::7]:8080", "2001:db8::7"),
      ("[2001:db8::7]", "2001:db8::7"), ("2001:0DB8:0:0:0:0:0:7", "2001:db8::7"), ("fe80::1%eth0", "fe80::1"),
      ("::ffff:192.0.2.7", "192.0.2.7"), ("::", "::"), ("1::", "1::"), ("1:0:0:2:0:0:0:3", "1:0:0:2::3"),
      ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
    ])
  func forms(text: String, shown: String) throws {
    #expect(try #require(PeerAddress(parsing: text)).description == shown)
  }

  @Test(
    "what is no address is refused",
    arguments: [
      "", "unknown", "_hidden", "1.2.3", "1.2.3.4.5", "01.2.3.4", "256.1.1.1", "+1.2.3.4", "1.2.3.4:",
      "1.2.3.4:x", "1.2.3.4:65536", "[1.2.3.4]", "[::1", "::1]", "[::1]x", "[::1]:", ":::", "1::2::3",
      "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::1.2.3", "10.0.0.1 , evil", "localhost",
    ])
  func refused(text: String) { #expect(PeerAddress(parsing: text) == nil) }

  @Test("ranges match whole prefixes, one bit before and after")
  func ranges() throws {
    let range = try #require(AddressRange("10.8.0.0/13"))
    for (text, isInside) in [
      ("10.7.255.255", false), ("10.8.0.0", true), ("10.15.255.255", true), ("10.16.0.0", false),
    ] {
      #expect(PeerAddress(parsing: text)?.lies(in: [range]) == isInside)
    }
    #expect(AddressRange("10.0.0.1/8") == nil && AddressRange("10.0.0.0/33") == nil)
    #expect(AddressRange("10.0.0.0/-1") == nil && AddressRange("10.0.0.0/") == nil)
    #expect(AddressRange("0.0.0.0/0")?.contains(try #require(IPAddress("8.8.8.8"))) == true)
    #expect(AddressRange("::/0")?.contains(try #require(IPAddress("8.8.8.8"))) == false)
  }
}

@Suite("HTTP: forwarded clients") struct ForwardedForTests {
  private static let proxies = ["10.0.0.1", "10.0.0.2"].compactMap { AddressRange($0) }

  private static func client(_ peer: String, _ header: [String]) throws -> String {
    let request = HTTPRequest(
      method: "GET", path: "/", headers: header.map { ("x-forwarded-for", $0) },
      peer: try #require(PeerAddress(parsing: peer)))
    return request.client(trustedProxies: proxies)?.description ?? "stranger"
  }

  @Test("only trusted proxies are believed, and only as far as they wrote")
  func believed() throws {
    #expect(try Self.client("192.168.1.5", []) == "192.168.1.5")
    #expect(try Self.client("10.0.0.1", ["192.168.1.5"]) == "192.168.1.5")
    #expect(try Self.client("10.0.0.1", ["8.8.8.8"]) == "8.8.8.8")
    // What the client itself sent stands before what the proxy added.
    #expect(try Self.client("10.0.0.1", ["192.168.1.5, 8.8.8.8"]) == "8.8.8.8")
    #expect(try Self.client("10.0.0.1", ["192.168.1.5", "8.8.8.8"]) == "8.8.8.8")
    #expect(try Self.client("10.0.0.1", ["8.8.8.8, 10.0.0.2"]) == "8.8.8.8")
    #expect(try Self.client("10.0.0.1", ["[2001:db8::1]:443"]) == "2001:db8::1")
  }

  @Test("a proxied request that names nobody is a stranger's")
  func strangers() throws {
    #expect(try Self.client("10.0.0.1", []) == "stranger")
    #expect(try Self.client("10.0.0.1", [""]) == "stranger")
    #expect(try Self.client("10.0.0.1", ["unknown"]) == "stranger")
    #expect(try Self.client("10.0.0.1", ["192.168.1.5, "]) == "stranger")
    #expect(try Self.client("10.0.0.1", ["10.0.0.2"]) == "stranger")
  }

  @Test("behind a proxy that is not trusted everybody is a stranger, also when it is on this machine")
  func untrustedProxy() throws {
    #expect(try Self.client("127.0.0.1", ["192.168.1.5"]) == "stranger")
    #expect(try Self.client("192.168.1.5", ["127.0.0.1"]) == "stranger")
  }

  @Test("the Unix socket is never forwarded")
  func local() {
    let request = HTTPRequest(
      method: "GET", path: "/", headers: [("x-forwarded-for", "8.8.8.8")], peer: .local)
    #expect(request.client(trustedProxies: Self.proxies) == .local)
  }

  @Test("only a trusted proxy can say that the client speaks TLS")
  func secure() throws {
    for (peer, isSecure) in [("10.0.0.1", true), ("127.0.0.1", false)] {
      let request = HTTPRequest(
        method: "GET", path: "/", headers: [("x-forwarded-proto", "https")],
        peer: try #require(PeerAddress(parsing: peer)))
      #expect(request.isSecure(trustedProxies: Self.proxies) == isSecure)
    }
  }
}
