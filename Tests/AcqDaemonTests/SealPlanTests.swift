import AcqCore
import AcqDaemon
import AcqSystem
import Foundation
import TestSupport
import Testing

@Suite("When a file is sealed") struct SealPlanTests {
  private static let start = Instant(nanoseconds: 1_000_000_000)
  private static let unknown = Writers.unknown(Errno(code: 13, call: "fcntl", path: "x"))

  /// The identity of a real file, before and after each change.
  private func withFile(
    _ body: (_ identity: () throws -> FileIdentity, _ write: ([UInt8]) throws -> Void) throws -> Void
  ) throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/1.mcap"
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    try body(
      {
        guard let identity = try Files.identity(path) else { throw TestSupportError("gone") }
        return identity
      }, { try Data($0).write(to: URL(fileURLWithPath: path)) })
  }

  @Test("nobody writes: sealed at once, unless it is empty")
  func nobody() throws {
    try withFile { identity, write in
      var plan = SealPlan()
      let empty = plan.decide("1", try identity(), writers: .nobody, at: Self.start)
      #expect(empty == .wait(until: nil, reason: "an empty file: nothing to seal yet"))
      try write([1])
      #expect(plan.decide("1", try identity(), writers: .nobody, at: Self.start) == .seal)
    }
  }

  @Test("somebody writes: looked at again every two seconds")
  func somebody() throws {
    try withFile { identity, write in
      var plan = SealPlan()
      try write([1])
      let decision = plan.decide("1", try identity(), writers: .somebody, at: Self.start)
      #expect(decision == .wait(until: Self.start + .seconds(2), reason: "being written"))
      #expect(plan.wasSeenWritten("1"))
    }
  }

  @Test("nobody can tell: sealed after 30 s of quiet, and a change begins them anew")
  func quiet() throws {
    try withFile { identity, write in
      var plan = SealPlan()
      try write([1])
      let first = try identity()
      let due = Self.start + .seconds(30)
      let reason = "cannot tell who writes it: waiting for 30 s of quiet"
      #expect(
        plan.decide("1", first, writers: Self.unknown, at: Self.start) == .wait(until: due, reason: reason))
      #expect(!plan.wasSeenWritten("1"))
      #expect(
        plan.decide("1", first, writers: Self.unknown, at: due + .nanoseconds(-1))
          == .wait(until: due, reason: reason))
      var changed = first
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: "/dev/null"))
      try handle.close()
      try write([1, 2])
      changed = try identity()
      // Another file took its place (written atomically): quiet begins anew, and nothing was seen being written.
      #expect(
        plan.decide("1", changed, writers: Self.unknown, at: due)
          == .wait(until: due + .seconds(30), reason: reason))
      #expect(plan.decide("1", changed, writers: Self.unknown, at: due + .seconds(30)) == .seal)
      plan.forget("1")
      #expect(
        plan.decide("1", changed, writers: Self.unknown, at: due + .seconds(60))
          == .wait(until: due + .seconds(90), reason: reason))
    }
  }
}
