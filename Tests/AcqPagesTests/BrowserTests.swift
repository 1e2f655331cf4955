import AcqCore
import AcqPages
import Foundation
import TestSupport
import Testing

@Suite("Pages: in a browser") struct BrowserTests {
  private static func pages() throws -> [String: String] {
    var problem = try Fixtures.list(filters: ["from": "yesterday", "origin": "ksu-25"])
    problem.problem =
      "from: yesterday is no time; write 2026-05-02, 2026-05-02T13:00:00Z or nanoseconds since 1970"
    problem.items = []
    problem.next = nil
    return [
      "car-safe": Fixtures.page(try Fixtures.safeCar()), "base-busy": Fixtures.page(try Fixtures.busyBase()),
      "base-full": Fixtures.page(try Fixtures.fullDisk()),
      "cloud-lonely": Fixtures.page(try Fixtures.lonelyCloud(), listLink: "/"),
      "list": RecordingsPage.render(try Fixtures.list(filters: ["text": "endurance"])),
      "list-problem": RecordingsPage.render(problem),
      "error": ErrorPage.render(
        role: .cloud, nodeName: "cloud.ksu.example", title: "The catalog is away",
        detail: "catalog: mongodb://db:27017 does not answer: connection refused. Recordings are safe; try "
          + "again later."),
    ]
  }

  @Test(
    "pages fit 360 px and 1440 px by day and by night: no sideways scrolling, contrast, targets, focus",
    .needsTool("chromium"))
  func look() throws {
    let directory = try TemporaryDirectory()
    let pictures = Repository.path("artefacts/pages")
    try FileManager.default.createDirectory(atPath: pictures, withIntermediateDirectories: true)
    var pages = try Self.pages()
    // The judge itself is judged by a page that does everything wrong.
    pages["wrong"] = HTML.document(
      title: "wrong", .element("pre", [:], .text(String(repeating: "wide ", count: 500))),
      .element("font", ["color": "#eeeeee"], .text("pale")), .element("a", ["href": "/"], .text("small")),
      .element("p", ["style": "color: red"], .text("against the policy")))
    for (name, page) in pages {
      try page.write(toFile: "\(directory.path)/\(name).html", atomically: true, encoding: .utf8)
    }
    let css = try #require(Assets.bytes(at: "/assets/acqd.css"))
    try Data(css).write(to: URL(fileURLWithPath: directory.path + "/acqd.css"))
    let said = try PythonTools.run(
      "Tests/Browser/look.py", [directory.path, pictures, try Tools.require("chromium")]
    ).split(separator: "\n")
    let expected = said.filter { $0.hasPrefix("http://acqd.test/wrong ") }
    for word in ["scrolls sideways", "contrast", "small target", "Content Security Policy"] {
      #expect(expected.contains { $0.contains(word) }, "\(word)")
    }
    let wrong = said.filter { !expected.contains($0) }
    #expect(wrong.isEmpty, "\(wrong)")
  }
}
