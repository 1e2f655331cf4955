import AcqCore
import AcqReplication
import Testing

@Suite("Dial plan") struct SessionDialPlanTests {
  private static let start = Instant(nanoseconds: 1_000_000_000)

  @Test("an intermittent peer is dialled every half second, each attempt lives one, at most four at once")
  func intermittent() {
    var plan = DialPlan(.intermittent, at: Self.start)
    for attempt in 0..<4 {
      let due = Self.start + .milliseconds(500 * attempt)
      #expect(plan.deadline == due)
      #expect(plan.start(at: due + .nanoseconds(-1), jitter: 0) == nil)
      #expect(plan.start(at: due, jitter: 0) == .seconds(1))
    }
    #expect(plan.deadline == nil)
    #expect(plan.start(at: Self.start + .seconds(60), jitter: 0) == nil)
    plan.attemptEnded()
    #expect(plan.start(at: Self.start + .seconds(60), jitter: 0) == .seconds(1))
  }

  @Test("an intermittent peer is dialled for ever")
  func forEver() {
    var plan = DialPlan(.intermittent, at: Self.start)
    var now = Self.start
    for _ in 0..<10_000 {
      #expect(plan.start(at: now, jitter: 0.5) != nil)
      plan.attemptEnded()
      now = now + .milliseconds(500)
    }
  }

  @Test("pauses to a steady peer grow by 1.6 from 0.2 s to 30 s, with a fifth of jitter")
  func steady() {
    for (jitter, spread) in [(0.0, 0.8), (0.5, 1.0), (1.0, 1.2)] {
      var plan = DialPlan(.steady, at: Self.start)
      var expected = 0.2
      var now = Self.start
      for _ in 0..<20 {
        #expect(plan.start(at: now, jitter: jitter) == .seconds(3))
        // One attempt at a time.
        #expect(plan.deadline == nil)
        plan.attemptEnded()
        guard let next = plan.deadline else { break }
        let pause = (next - now).inSeconds
        #expect(abs(pause - expected * spread) < 1e-6, "\(pause)")
        expected = min(expected * 1.6, 30)
        now = next
      }
      #expect(expected == 30)
    }
  }

  @Test("nobody is dialled while a session is live; after it at once, with small pauses again")
  func connected() {
    var plan = DialPlan(.steady, at: Self.start)
    var now = Self.start
    for _ in 0..<8 {
      _ = plan.start(at: now, jitter: 0.5)
      plan.attemptEnded()
      now = plan.deadline ?? now
    }
    plan.connected()
    #expect(plan.deadline == nil)
    #expect(plan.start(at: now + .seconds(3_600), jitter: 0.5) == nil)
    let end = now + .seconds(4_000)
    plan.disconnected(afterViolation: false, at: end)
    #expect(plan.deadline == end)
    #expect(plan.start(at: end, jitter: 0.5) != nil)
    plan.attemptEnded()
    #expect(plan.deadline == end + .milliseconds(200))
  }

  @Test("a peer that broke the protocol is left alone for a minute")
  func violation() {
    for style in [DialPlan.Style.intermittent, .steady] {
      var plan = DialPlan(style, at: Self.start)
      plan.disconnected(afterViolation: true, at: Self.start)
      #expect(plan.start(at: Self.start + .seconds(60) + .nanoseconds(-1), jitter: 0.5) == nil)
      #expect(plan.start(at: Self.start + .seconds(60), jitter: 0.5) != nil)
    }
  }

  @Test("attempts that end while a session is live leave room for as many as before")
  func lateAttempts() {
    var plan = DialPlan(.intermittent, at: Self.start)
    _ = plan.start(at: Self.start, jitter: 0)
    plan.connected()
    plan.attemptEnded()
    plan.attemptEnded()
    let end = Self.start + .seconds(9)
    plan.disconnected(afterViolation: false, at: end)
    let started = (0..<6).count { plan.start(at: end + .milliseconds(500 * $0), jitter: 0) != nil }
    #expect(started == 4)
  }
}
