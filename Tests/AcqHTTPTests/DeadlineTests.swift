import AcqCore
import AcqHTTP
import Testing

@Suite("HTTP: deadlines") struct DeadlineTests {
  private typealias Progress = ConnectionDeadlines.Progress

  private static let limits: HTTPLimits = {
    var limits = HTTPLimits()
    limits.headSeconds = 10
    limits.bodySeconds = 20
    limits.stallSeconds = 30
    return limits
  }()

  private static func at(_ seconds: Double) -> Instant { Instant(nanoseconds: Int64(seconds * 1e9)) }
  private static let none = Progress(pieceCount: 0, unsentBytes: 0)

  private static func expire(
    _ deadlines: inout ConnectionDeadlines, at seconds: Double, _ progress: Progress = none
  ) -> String? {
    deadlines.expire(at: at(seconds), progress, limits)
  }

  @Test("a request's head has its time from the connection, whatever trickles in")
  func head() {
    var deadlines = ConnectionDeadlines(at: Self.at(0))
    #expect(Self.expire(&deadlines, at: 10) == nil)
    #expect(Self.expire(&deadlines, at: 10.001) == "no whole request in time")
  }

  @Test("a body has its time from the end of the head")
  func body() {
    var deadlines = ConnectionDeadlines(at: Self.at(0))
    deadlines.enter(.body, at: Self.at(9))
    #expect(Self.expire(&deadlines, at: 29) == nil)
    #expect(Self.expire(&deadlines, at: 29.001) == "the request's body did not come in time")
  }

  @Test("a handler has all the time in the world")
  func handling() {
    var deadlines = ConnectionDeadlines(at: Self.at(0))
    deadlines.enter(.handling, at: Self.at(1))
    #expect(Self.expire(&deadlines, at: 1e6) == nil)
  }

  @Test("an answer goes on while the client takes a piece, or a byte, now and then")
  func slowReader() {
    var deadlines = ConnectionDeadlines(at: Self.at(0))
    deadlines.enter(.sending, at: Self.at(0))
    var progress = Progress(pieceCount: 1, unsentBytes: 1_000_000)
    for step in 1...100 {
      #expect(Self.expire(&deadlines, at: Double(step) * 29, progress) == nil)
      if step.isMultiple(of: 2) { progress.pieceCount += 1 } else { progress.unsentBytes -= 1 }
    }
  }

  @Test("an answer ends when the client takes nothing for too long")
  func stuckReader() {
    var deadlines = ConnectionDeadlines(at: Self.at(0))
    deadlines.enter(.sending, at: Self.at(0))
    let progress = Progress(pieceCount: 7, unsentBytes: 1_000_000)
    #expect(Self.expire(&deadlines, at: 5, progress) == nil)
    #expect(Self.expire(&deadlines, at: 35, progress) == nil)
    #expect(Self.expire(&deadlines, at: 35.001, progress) == "the client stopped reading")
  }

  @Test("a kept connection has its time anew after every answer, and no more than that when it idles")
  func keptConnection() {
    var deadlines = ConnectionDeadlines(at: Self.at(0))
    for request in 1...5 {
      let begin = Double(request) * 9
      #expect(Self.expire(&deadlines, at: begin) == nil)
      for phase in [ConnectionDeadlines.Phase.body, .handling, .sending, .head] {
        deadlines.enter(phase, at: Self.at(begin))
      }
    }
    #expect(Self.expire(&deadlines, at: 55) == nil)
    #expect(Self.expire(&deadlines, at: 55.001) != nil)
  }
}
