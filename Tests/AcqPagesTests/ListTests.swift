import AcqCore
import AcqPages
import Testing

@Suite("Pages: recordings") struct ListTests {
  @Test("a row says what a person needs and links to both downloads")
  func row() throws {
    var model = try Fixtures.list()
    model.items = [try Fixtures.item(4)]
    let page = RecordingsPage.render(model)
    let id = try Fixtures.contentID(4).hex
    for text in [
      "href=\"/recordings/\(id).mcap\"", "href=\"/recordings/\(id).mat\"", ">4.mcap<", ">from ksu-26<",
      ">94 MB<", ">25:57 min<", ">cut off<", ">damaged<", "CRC-32 does not match", ">2026-11-14 14:14:03<",
      ">imu<", "datetime=\"2026-11-19T21:58:03.000000000Z\"", "href=\"/?sort=-start&amp;cursor=abc%2B\"",
    ] { #expect(page.contains(text), "\(text)") }
  }

  @Test("a recording without messages says so and offers no MAT")
  func empty() throws {
    var model = try Fixtures.list()
    model.items = [try Fixtures.item(5)]
    let page = RecordingsPage.render(model)
    #expect(page.contains(">no messages<") && page.contains(".mcap\"") && !page.contains(".mat\""))
  }

  @Test("the form keeps what was asked, and unfolds when something hidden is set")
  func filters() throws {
    let plain = RecordingsPage.render(try Fixtures.list(filters: ["text": "endurance"]))
    #expect(plain.contains("<details>") && plain.contains("value=\"endurance\""))
    #expect(plain.contains("Show all"))
    let filters = [
      "topic": "imu*", "origin": "ksu-25", "from": "2026-05-02", "to": "2026-05-02T13:00:00Z",
      "sort": "-size",
    ]
    let asked = RecordingsPage.render(try Fixtures.list(filters: filters))
    for text in [
      "<details open=\"\">", "<input type=\"date\" name=\"from\" value=\"2026-05-02\"",
      "<input type=\"text\" name=\"to\" value=\"2026-05-02T13:00:00Z\"",
      "<option value=\"ksu-25\" selected=\"\">", "<option value=\"-size\" selected=\"\">",
    ] { #expect(asked.contains(text), "\(text)") }
    #expect(!RecordingsPage.render(try Fixtures.list()).contains("Show all"))
  }

  @Test("an empty list says why")
  func nothing() throws {
    var model = try Fixtures.list()
    model.items = []
    model.next = nil
    #expect(RecordingsPage.render(model).contains("No recordings yet."))
    model.filters = ["sort": "name"]
    #expect(RecordingsPage.render(model).contains("No recordings yet."))
    model.filters = ["text": "x"]
    #expect(RecordingsPage.render(model).contains("Nothing matches these filters."))
    model.problem = "from: x is no time"
    let page = RecordingsPage.render(model)
    #expect(page.contains("from: x is no time") && page.contains("role=\"alert\""))
    #expect(!page.contains("Nothing matches"))
  }
}
