import AcqCore
import AcqCrypto
import AcqReplication
import Testing

@Suite("Own numbers")
struct OwnNumbersTests {
  let own = makeNodeID("own")
  let signature = [UInt8](repeating: 0, count: Statement.signatureBytes)

  private func at(_ seconds: Int64) -> Instant { Instant(nanoseconds: seconds * 1_000_000_000) }

  private func makeStatement(_ kind: StatementKind, shard: UInt8 = 0, body: [UInt8] = []) -> Statement {
    Statement(
      kind: kind, author: own, subject: makeDigest("subject"), shard: shard, sequence: 9, body: body,
      signature: signature)
  }

  private func answer(
    _ numbers: inout OwnNumbers, _ statement: Statement, current: [UInt8]? = nil, at seconds: Int64
  ) -> OwnNumbers.Answer {
    numbers.answer(statement, key: statement.registerKey, current: current, at: at(seconds))
  }

  @Test("recordings, retirements and unknown kinds of another life are taken over, however many")
  func takingOver() {
    var numbers = OwnNumbers()
    for _ in 0..<10 {
      for kind in [StatementKind.recording, .retirement, StatementKind(rawValue: 77)] {
        #expect(answer(&numbers, makeStatement(kind), at: 0) == .takeOver)
      }
    }
    #expect(numbers.deadline == nil)
  }

  @Test(
    "the present truth is published above an old HOLDING or NODE", arguments: [StatementKind.holding, .node])
  func publishing(kind: StatementKind) throws {
    var numbers = OwnNumbers()
    let statement = makeStatement(kind, shard: 3)
    guard case .publish(let publication) = answer(&numbers, statement, at: 0) else {
      Issue.record("publishes")
      return
    }
    #expect(publication.key == statement.registerKey)
    #expect(publication.kind == kind && publication.subject == statement.subject && publication.shard == 3)
    #expect(publication.merging == nil)
  }

  @Test("a register is answered once in ten seconds; another one at once")
  func pause() {
    var numbers = OwnNumbers()
    let statement = makeStatement(.holding, shard: 1)
    _ = answer(&numbers, statement, at: 0)
    #expect(answer(&numbers, statement, at: 9) == .later)
    guard case .publish = answer(&numbers, makeStatement(.holding, shard: 2), at: 9) else {
      Issue.record("another register is answered at once")
      return
    }
    #expect(numbers.deadline == at(10))
    #expect(numbers.due(at: Instant(nanoseconds: 9_999_999_999)) == [])
    #expect(numbers.due(at: at(10)).map(\.key) == [statement.registerKey])
    #expect(numbers.due(at: at(30)) == [])
    #expect(numbers.deadline == nil)
  }

  @Test("after three answers in an hour for one register the next stops the node; after an hour it does not")
  func stopping() {
    for (last, isStopped) in [(Int64(3_599), true), (3_600, false)] {
      var numbers = OwnNumbers()
      let statement = makeStatement(.holding)
      for second in [Int64(0), 20, 40] {
        guard case .publish = answer(&numbers, statement, at: second) else {
          Issue.record("three are answered")
          return
        }
      }
      #expect((answer(&numbers, statement, at: last) == .stop) == isStopped)
      #expect(numbers.isStopped == isStopped)
      if isStopped { #expect(answer(&numbers, makeStatement(.recording), at: 10_000) == .stop) }
    }
  }

  @Test("two machines with one key answer each other until both know it, and then fall silent")
  func twoMachines() {
    var machines = [OwnNumbers(), OwnNumbers()]
    var published = [1, 1]
    var turn = 0
    var second: Int64 = 0
    // Each hears the other's receipt a second after it was published.
    while second < 3_600 {
      second += 1
      switch answer(&machines[1 - turn], makeStatement(.holding), at: second) {
      case .publish: published[1 - turn] += 1
      case .later:
        second += 10
        published[1 - turn] += machines[1 - turn].due(at: at(second)).count
      case .takeOver, .stop: break
      }
      if machines[1 - turn].isStopped { break }
      turn = 1 - turn
    }
    #expect(machines.contains { $0.isStopped })
    #expect(published.allSatisfy { $0 <= 4 }, "published \(published)")
  }

  @Test("many registers are remembered no longer than an hour")
  func forgetting() {
    var numbers = OwnNumbers()
    for index in 0..<3_000 {
      let statement = Statement(
        kind: .holding, author: own, subject: makeDigest("\(index)"), sequence: 1, body: [],
        signature: signature)
      guard case .publish = answer(&numbers, statement, at: Int64(index) * 10) else {
        Issue.record("each register is answered")
        return
      }
    }
    #expect(numbers.rememberedCount <= 1_025)
  }

  private func makeEdit(_ edit: UInt32, _ text: String?) -> AnnotationBody.Edit {
    AnnotationBody.Edit(edit: edit, text: text, atMs: 0, by: "somebody")
  }

  @Test("annotations are merged field by field, by edit; one that has everything is taken over")
  func annotations() {
    let mine = AnnotationBody(fields: [
      "driver": makeEdit(3, "Ryan"), "car": makeEdit(1, "7"), "x": makeEdit(2, "a"),
    ])
    let theirs = AnnotationBody(fields: [
      "driver": makeEdit(2, "Ann"), "car": makeEdit(4, nil), "x": makeEdit(2, "b"),
    ])
    let merged = OwnNumbers.merge(mine, theirs)
    #expect(merged.fields["driver"]?.text == "Ryan")
    #expect(merged.fields["car"]?.edit == 4 && merged.fields["car"]?.text == nil)
    #expect(merged.fields["x"]?.text == "b", "of equal edits the one that others have seen")
    var numbers = OwnNumbers()
    let came = makeStatement(.annotation, body: theirs.encoded)
    guard case .publish(let publication) = answer(&numbers, came, current: mine.encoded, at: 0) else {
      Issue.record("merges")
      return
    }
    #expect(publication.merging == theirs)
    let everything = makeStatement(.annotation, body: merged.encoded)
    #expect(answer(&numbers, everything, current: mine.encoded, at: 1) == .takeOver)
    #expect(answer(&numbers, came, current: nil, at: 1) == .takeOver)
    #expect(
      answer(&numbers, makeStatement(.annotation, body: [1]), current: mine.encoded, at: 1) == .takeOver)
  }

  @Test("annotations that come within ten seconds are merged together")
  func waitingAnnotations() {
    let mine = AnnotationBody(fields: ["a": makeEdit(9, "mine")])
    var numbers = OwnNumbers()
    for (second, name) in [(Int64(0), "b"), (1, "c"), (2, "d")] {
      let theirs = AnnotationBody(fields: [name: makeEdit(1, name)])
      _ = answer(
        &numbers, makeStatement(.annotation, body: theirs.encoded), current: mine.encoded, at: second)
    }
    let due = numbers.due(at: at(10))
    #expect(due.map { $0.merging?.fields.keys.sorted() } == [["c", "d"]])
  }
}
