import AcqCore
import AcqReplication
import Testing

@Suite("Liveness of sessions") struct SessionLivenessTests {
  private static let start = Instant(nanoseconds: 100_000_000_000)

  private func isPing(_ verdict: Liveness.Verdict?) -> Bool {
    if case .ping? = verdict { true } else { false }
  }
  private func isAbort(_ verdict: Liveness.Verdict?) -> Bool {
    if case .abort? = verdict { true } else { false }
  }

  @Test("an idle session is pinged every 5 s and given up after three misses")
  func idle() {
    var liveness = Liveness(at: Self.start)
    #expect(liveness.deadline == Self.start + .seconds(5))
    #expect(liveness.check(at: Self.start + .seconds(5) + .nanoseconds(-1)) == nil)
    for miss in 1...3 { #expect(isPing(liveness.check(at: Self.start + .seconds(5 * miss)))) }
    #expect(liveness.check(at: Self.start + .seconds(20) + .nanoseconds(-1)) == nil)
    #expect(isAbort(liveness.check(at: Self.start + .seconds(20))))
  }

  @Test("any byte takes the misses back")
  func bytesTakeMissesBack() {
    var liveness = Liveness(at: Self.start)
    for miss in 1...3 { _ = liveness.check(at: Self.start + .seconds(5 * miss)) }
    liveness.bytesRead(at: Self.start + .seconds(16))
    #expect(liveness.check(at: Self.start + .seconds(20)) == nil)
    #expect(isPing(liveness.check(at: Self.start + .seconds(21))))
  }

  @Test(
    "with requests outstanding, silence is pinged at half the stall timeout and ends the session at all of it"
  )
  func stall() {
    var liveness = Liveness(at: Self.start)
    let asked = Self.start + .seconds(1)
    liveness.setOutstanding(true, at: asked)
    #expect(liveness.stall == .milliseconds(1_500))
    #expect(liveness.deadline == asked + .milliseconds(750))
    #expect(liveness.check(at: asked + .milliseconds(749)) == nil)
    #expect(isPing(liveness.check(at: asked + .milliseconds(750))))
    #expect(liveness.check(at: asked + .milliseconds(1_499)) == nil)
    #expect(isAbort(liveness.check(at: asked + .milliseconds(1_500))))
  }

  @Test("silence counts from the request, not from the last byte before it")
  func silenceFromRequest() {
    var liveness = Liveness(at: Self.start)
    liveness.bytesRead(at: Self.start)
    liveness.setOutstanding(true, at: Self.start + .seconds(4))
    #expect(liveness.check(at: Self.start + .seconds(4) + .milliseconds(100)) == nil)
    // Saying it again does not begin anew.
    liveness.setOutstanding(true, at: Self.start + .seconds(5))
    #expect(isAbort(liveness.check(at: Self.start + .milliseconds(5_500))))
    liveness.setOutstanding(false, at: Self.start + .milliseconds(5_500))
    #expect(!isAbort(liveness.check(at: Self.start + .milliseconds(5_600))))
  }

  @Test("the stall timeout follows four round trips and four variations, within 1.5 and 5 s")
  func stallFollowsRoundTrip() {
    func stall(_ roundTrip: Duration) -> Duration {
      var liveness = Liveness(at: Self.start)
      liveness.pong(sentNs: UInt64(Self.start.nanoseconds), at: Self.start + roundTrip)
      return liveness.stall
    }
    #expect(stall(.milliseconds(1)) == .milliseconds(1_500))
    #expect(stall(.milliseconds(250)) == .milliseconds(1_500))
    #expect(stall(.milliseconds(400)) == .milliseconds(2_400))
    #expect(stall(.seconds(3)) == .seconds(5))
  }

  @Test("a PONG that lies about its time, or comes from the future, breaks nothing")
  func lyingPong() {
    var liveness = Liveness(at: Self.start)
    for sent in [0, .max, UInt64(Self.start.nanoseconds) + 1, 1 << 63] as [UInt64] {
      liveness.pong(sentNs: sent, at: Self.start)
      #expect(liveness.stall >= .milliseconds(1_500) && liveness.stall <= .seconds(5))
    }
    for _ in 0..<100 {
      liveness.pong(sentNs: UInt64(Self.start.nanoseconds), at: Self.start + .milliseconds(2))
    }
    #expect(liveness.stall == .milliseconds(1_500))
  }
}
