import AcqHTTP
import Testing

@Suite("HTTP: request targets") struct RequestTargetTests {
  private static func read(_ text: String) -> String? {
    RequestTarget(Array(text.utf8)).map { target in
      target.path + " " + target.query.map { "\($0.name)=\($0.value)" }.joined(separator: ";")
    }
  }

  @Test(
    "paths and queries are decoded",
    arguments: [
      ("/", "/ "), ("/a%20b/%C3%BC", "/a b/ü "), ("/a+b", "/a+b "),
      ("/?a=1&b=x+y%2B&c&&=d&a=2", "/ a=1;b=x y+;c=;=d;a=2"),
      ("/?a=b=c", "/ a=b=c"), ("/a?b?c", "/a b?c="), ("*", "* "), ("http://host:80/a?b=1", "/a b=1"),
      ("HTTP://host", "/ "), ("http://host?b=1", "/ b=1"), ("/%2e%2E/x", "/../x "),
    ])
  func decoded(target: String, read: String) { #expect(Self.read(target) == read) }

  @Test(
    "what cannot be read is refused",
    arguments: [
      "", "a", "?a=1", "/%", "/%4", "/%zz", "/%+1", "/%00", "/x%00.mcap", "/?a=%00", "/%0a", "/%1f", "/%7F",
      "/%ff",
      "/?a=%C3", "https://host/", "host:80",
    ])
  func refused(target: String) { #expect(Self.read(target) == nil) }

  @Test("a target cut at any byte never traps")
  func truncated() {
    let whole = Array("http://h/%C3%BC?a=%41&b=+".utf8)
    for count in 0...whole.count { _ = RequestTarget(Array(whole[..<count])) }
    #expect(RequestTarget(whole)?.path == "/ü")
  }
}

@Suite("HTTP: parts of files") struct FilePartTests {
  private static func decide(_ headers: [(String, String)], size: UInt64 = 1000, isHead: Bool = false)
    -> FilePart
  {
    let request = HTTPRequest(
      method: "GET", isHead: isHead, path: "/", headers: headers.map { (name: $0.0, value: $0.1) },
      peer: .local)
    return FilePart.decide(request, etag: "cafe", sizeBytes: size)
  }

  @Test(
    "single ranges, to the byte",
    arguments: [
      ("bytes=0-0", FilePart.part(offset: 0, count: 1)), ("bytes=0-", .part(offset: 0, count: 1000)),
      ("bytes=0-998", .part(offset: 0, count: 999)), ("bytes=0-999", .part(offset: 0, count: 1000)),
      ("bytes=0-1000", .part(offset: 0, count: 1000)), ("bytes=999-", .part(offset: 999, count: 1)),
      ("bytes=999-999", .part(offset: 999, count: 1)), ("bytes=1000-", .unsatisfiable),
      ("bytes=1000-1000", .unsatisfiable), ("bytes=-1", .part(offset: 999, count: 1)),
      ("bytes=-1000", .part(offset: 0, count: 1000)), ("bytes=-1001", .part(offset: 0, count: 1000)),
      ("bytes=-0", .unsatisfiable), ("bytes=5-4", .whole), ("bytes=1000-5", .whole), ("bytes=a-", .whole),
      ("bytes=+1-", .whole), ("bytes=1-+2", .whole), ("bytes=", .whole), ("bytes=-", .whole),
      ("bytes=0-1,5-6", .whole), ("items=0-1", .whole), ("0-1", .whole),
      ("Bytes=1-2", .part(offset: 1, count: 2)),
      ("bytes=0-18446744073709551615", .part(offset: 0, count: 1000)),
      ("bytes=0-18446744073709551616", .whole),
      ("bytes=18446744073709551615-", .unsatisfiable),
    ])
  func ranges(header: String, part: FilePart) { #expect(Self.decide([("range", header)]) == part) }

  @Test("an empty file has no ranges")
  func empty() {
    #expect(Self.decide([("range", "bytes=0-")], size: 0) == .unsatisfiable)
    #expect(Self.decide([("range", "bytes=-1")], size: 0) == .unsatisfiable)
    #expect(Self.decide([], size: 0) == .whole)
  }

  @Test("HEAD knows no ranges")
  func head() { #expect(Self.decide([("range", "bytes=0-1")], isHead: true) == .whole) }

  @Test("If-Range gives a part of the same bytes only")
  func ifRange() {
    let part = FilePart.part(offset: 0, count: 2)
    #expect(Self.decide([("range", "bytes=0-1"), ("if-range", "\"cafe\"")]) == part)
    for other in ["\"other\"", "W/\"cafe\"", "Tue, 24 Nov 2026 10:00:00 GMT", "cafe"] {
      #expect(Self.decide([("range", "bytes=0-1"), ("if-range", other)]) == .whole)
    }
  }

  @Test("If-None-Match compares weakly, If-Match strongly")
  func entityTags() {
    for tag in ["\"cafe\"", "W/\"cafe\"", "*", "\"x\", \"cafe\"", "\"x\",W/\"cafe\""] {
      #expect(Self.decide([("if-none-match", tag)]) == .notModified)
    }
    #expect(Self.decide([("if-none-match", "\"x\"")]) == .whole)
    #expect(Self.decide([("if-none-match", "\"x\""), ("if-none-match", "\"cafe\"")]) == .notModified)
    for tag in ["\"cafe\"", "*", "\"x\", \"cafe\""] { #expect(Self.decide([("if-match", tag)]) == .whole) }
    for tag in ["\"x\"", "W/\"cafe\"", "cafe", ""] {
      #expect(Self.decide([("if-match", tag)]) == .preconditionFailed)
    }
    #expect(Self.decide([("if-match", "\"x\""), ("if-none-match", "\"cafe\"")]) == .preconditionFailed)
  }
}

@Suite("HTTP: names of downloads") struct DispositionTests {
  @Test("old clients get ASCII, new ones the whole name, and no name escapes from the header")
  func names() {
    #expect(Disposition.attachment("1.mcap") == "attachment; filename=\"1.mcap\"; filename*=UTF-8''1.mcap")
    #expect(
      Disposition.attachment("Größe 1%.mcap")
        == "attachment; filename=\"Gr__e 1_.mcap\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%201%25.mcap")
    #expect(
      Disposition.attachment("a\"b\\c/d\r\nX: y")
        == "attachment; filename=\"a_b_c_d__X: y\"; filename*=UTF-8''a%22b%5Cc%2Fd%0D%0AX%3A%20y")
  }
}
