import AcqCore
import AcqReplication
import Testing

@Suite("Admission of connections") struct SessionAdmissionTests {
  private static let start = Instant(nanoseconds: 5_000_000_000)

  @Test("256 half-open strangers are let in; the 257th closes the oldest")
  func halfOpen() {
    var admission = Admission(at: Self.start)
    for number in 1...256 {
      let verdict = admission.arrived(
        UInt64(number), from: "10.0.\(number / 16).1", isConfigured: false, at: Self.start)
      #expect(verdict == .admit, "\(number)")
    }
    #expect(admission.halfOpenCount == 256)
    #expect(
      admission.arrived(257, from: "10.1.0.1", isConfigured: false, at: Self.start) == .admitClosing(1))
    #expect(admission.halfOpenCount == 256)
    // One that settled makes room.
    admission.settled(2)
    #expect(admission.arrived(258, from: "10.1.0.2", isConfigured: false, at: Self.start) == .admit)
    #expect(admission.arrived(259, from: "10.1.0.3", isConfigured: false, at: Self.start) == .admitClosing(3))
  }

  @Test("a stranger never closes a configured peer's connection, a configured peer closes a stranger's first")
  func configuredFirst() {
    var admission = Admission(at: Self.start)
    for number in 1...255 {
      _ = admission.arrived(UInt64(number), from: "10.0.0.1", isConfigured: true, at: Self.start)
    }
    #expect(admission.arrived(256, from: "10.9.0.1", isConfigured: false, at: Self.start) == .admit)
    #expect(
      admission.arrived(257, from: "10.0.0.1", isConfigured: true, at: Self.start) == .admitClosing(256))
    // Only configured ones are left: a stranger is refused, a configured one closes the oldest.
    #expect(admission.arrived(258, from: "10.9.0.2", isConfigured: false, at: Self.start) == .refuse)
    #expect(admission.arrived(259, from: "10.0.0.1", isConfigured: true, at: Self.start) == .admitClosing(1))
  }

  @Test("20 handshakes a second from one address, the 21st is refused, in the next second it is not")
  func perAddress() {
    var admission = Admission(at: Self.start)
    for number in 1...20 {
      #expect(admission.arrived(UInt64(number), from: "a", isConfigured: false, at: Self.start) == .admit)
    }
    #expect(admission.arrived(21, from: "a", isConfigured: false, at: Self.start) == .refuse)
    #expect(admission.arrived(22, from: "b", isConfigured: false, at: Self.start) == .admit)
    #expect(admission.arrived(23, from: "a", isConfigured: true, at: Self.start) == .admit)
    let almost = Self.start + .nanoseconds(999_999_999)
    #expect(admission.arrived(24, from: "a", isConfigured: false, at: almost) == .refuse)
    #expect(admission.arrived(25, from: "a", isConfigured: false, at: Self.start + .seconds(1)) == .admit)
  }

  @Test(
    "500 handshakes a second of all strangers, the 501st is refused; configured peers have their own 2,000")
  func total() {
    var admission = Admission(at: Self.start)
    var number: UInt64 = 0
    func arrive(_ address: String, _ isConfigured: Bool) -> Admission.Verdict {
      number += 1
      let verdict = admission.arrived(number, from: address, isConfigured: isConfigured, at: Self.start)
      admission.settled(number)
      return verdict
    }
    for index in 0..<500 { #expect(arrive("s\(index / 20)", false) == .admit) }
    #expect(arrive("other", false) == .refuse)
    for _ in 0..<2_000 { #expect(arrive("peer", true) == .admit) }
    #expect(arrive("peer", true) == .refuse)
  }
}
