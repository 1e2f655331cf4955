import AcqCore
import AcqPages
import Testing

@Suite("Pages: text from outside") struct EscapingTests {
  private static func expectHarmless(_ page: String) {
    #expect(!page.contains("<script"))
    let hidden: Set<UInt32> = [0x7F, 0x202E, 0x200B]
    #expect(page.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && !hidden.contains($0.value) })
    #expect(
      page.contains(
        "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\\u{1b}[31m\\u{a}\\u{202e}pacm.\\u{0}exe\\u{200b}"
      ))
  }

  @Test("no page lets a name become markup or hide what it is")
  func pages() throws {
    let hostile = Fixtures.hostile
    Self.expectHarmless(Fixtures.page(try Fixtures.fullDisk(), listLink: "/"))
    let names = ["text", "topic", "origin", "from", "to", "sort"]
    var model = try Fixtures.list(filters: Dictionary(uniqueKeysWithValues: names.map { ($0, hostile) }))
    model.nodeName = hostile
    model.origins = [hostile]
    model.problem = hostile
    Self.expectHarmless(RecordingsPage.render(model))
    Self.expectHarmless(ErrorPage.render(role: .cloud, nodeName: hostile, title: hostile, detail: hostile))
  }

  @Test("links lead nowhere but to this server")
  func links() {
    for link in ["javascript:alert(1)", "//evil", "/\\evil", "http://evil/", "data:text/html,x", "", "evil"] {
      #expect(HTML.element("a", ["href": link]).markup == "<a href=\"#\"></a>", "\(link)")
    }
    for link in ["/", "/a?b=1", "?x", "#y"] {
      #expect(HTML.element("a", ["href": link]).markup == "<a href=\"\(link)\"></a>")
    }
    #expect(
      HTML.element("a", ["href": "/?a=\"><b>"]).markup == "<a href=\"/?a=&quot;&gt;&lt;b&gt;\"></a>")
  }

  @Test("elements nest, nil attributes vanish, void elements do not close")
  func building() {
    let html = HTML.element(
      "p", ["class": nil, "id": "a&b", "hidden": ""], .text("1 < 2"), .element("br"),
      HTML.text("x") + .text("y"))
    #expect(html.markup == "<p id=\"a&amp;b\" hidden=\"\">1 &lt; 2<br>xy</p>")
  }

  @Test("pages run nothing: no script, no style inside, no handler, nothing from elsewhere")
  func quiet() throws {
    let pages = [
      Fixtures.page(try Fixtures.busyBase(), listLink: "/"), RecordingsPage.render(try Fixtures.list()),
    ]
    for page in pages {
      for word in ["<script", "<style", " style=", " onload", " onclick", "http://", "https://", "@import"] {
        #expect(!page.contains(word), "\(word)")
      }
    }
    let css = String(decoding: try #require(Assets.bytes(at: "/assets/acqd.css")), as: UTF8.self)
    #expect(css.contains("prefers-color-scheme: dark") && !css.contains("url(") && !css.contains("@import"))
    #expect(Assets.bytes(at: "/assets/other.css") == nil && Assets.bytes(at: "") == nil)
  }
}

@Suite("Pages: amounts") struct AmountTests {
  @Test(
    "bytes have three digits at most",
    arguments: [
      (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (9_949, "9.9 kB"), (9_950, "10 kB"),
      (999_499, "999 kB"), (999_500, "1.0 MB"), (137_400_000, "137 MB"), (1_300_000_000, "1.3 GB"),
      (UInt64.max, "18446744 TB"),
    ])
  func bytes(count: UInt64, text: String) { #expect(Amount.bytes(count) == text) }

  @Test(
    "waits are rough",
    arguments: [
      (0, "1 s"), (0.4, "1 s"), (40.4, "40 s"), (99.4, "99 s"), (99.5, "2 min"), (5_969, "99 min"),
      (5_970, "1.7 h"), (172_799, "48.0 h"), (172_800, "2 days"), (1e300, "11574 days"),
    ])
  func durations(seconds: Double, text: String) { #expect(Amount.duration(seconds: seconds) == text) }

  @Test(
    "recordings are told to the second",
    arguments: [
      (0, "0.0 s"), (-1, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1:00 min"),
      (423, "7:03 min"), (3599, "59:59 min"), (3600, "1:00:00 h"), (360_000, "100:00:00 h"),
      (1e300, "277777777777:46:40 h"),
    ])
  func lengths(seconds: Double, text: String) { #expect(Amount.length(seconds: seconds) == text) }
}
