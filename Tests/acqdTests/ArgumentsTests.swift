import Testing
import acqd

@Suite("Command line: arguments") struct ArgumentsTests {
  private static let spec = CommandSpec(
    name: "fly", summary: "fly away", operands: "PLACE...", operandCount: 0...2,
    options: [
      OptionSpec("to", .text, "PLACE", "where"), OptionSpec("height", .count(1...9), "N", "how high"),
      OptionSpec("load", .size, "SIZE", "how much"), OptionSpec("for", .duration, "TIME", "how long"),
      OptionSpec("wing", .choice(["left", "right"]), "WING", "which", isRepeatable: true),
      OptionSpec.flag("low", "near the ground"),
    ], details: "More.")

  private func parse(_ words: String...) throws -> Arguments { try Arguments.parse(words, for: Self.spec) }

  private func refusal(_ words: String...) -> UsageError? {
    do {
      _ = try Arguments.parse(words, for: Self.spec)
      return nil
    } catch {
      return error
    }
  }

  @Test("options and operands come in any order, with = or a space")
  func mixed() throws {
    let arguments = try parse(
      "a", "--to=x=y", "--height", "9", "--low", "--load", "2 GiB", "--for=10s", "--wing", "left",
      "--wing=right", "--", "--b")
    #expect(arguments.operands == ["a", "--b"])
    #expect(arguments.text("to") == "x=y")
    #expect(arguments.count("height") == 9)
    #expect(arguments.sizeBytes("load") == 2 << 30)
    #expect(arguments.duration("for") == .seconds(10))
    #expect(arguments.texts("wing") == ["left", "right"])
    #expect(arguments.has("low"))
    let none = try parse()
    #expect(!none.has("low") && none.text("to") == nil && none.texts("wing") == nil)
  }

  @Test("an unknown option is an error with the nearest one")
  func unknown() {
    #expect(
      refusal("--heigth", "1")
        == UsageError("acqd fly has no option --heigth", hint: "did you mean --height?"))
    #expect(refusal("--zzzzzzzz")?.hint == "acqd fly --help")
    #expect(refusal("-x")?.reason == "acqd fly has no option -x")
    #expect(refusal("--heigh")?.hint == "did you mean --height?", "no abbreviations: scripts outlive options")
  }

  @Test("values are checked before anything starts")
  func values() {
    #expect(refusal("--height", "10")?.reason == "--height: `10` is not a whole number from 1 to 9")
    #expect(refusal("--height", "0") != nil)
    #expect(refusal("--height", "")?.reason.contains("whole number") == true)
    #expect(refusal("--height", "99999999999999999999")?.reason.contains("whole number") == true)
    #expect(refusal("--load", "2")?.reason.contains("is not a size") == true)
    #expect(refusal("--for", "2")?.reason.contains("is not a time") == true)
    #expect(refusal("--wing", "up")?.reason == "--wing: `up` is none of left, right")
    #expect(refusal("--to")?.reason == "--to needs a value: --to PLACE")
    #expect(refusal("--to=")?.reason == "--to: the value is empty")
    #expect(refusal("--low=1")?.reason == "--low takes no value")
    #expect(refusal("--to", "a", "--to", "b")?.reason == "--to stands there twice")
    #expect(refusal("a", "b", "c")?.reason == "acqd fly: what is `c` for?")
  }

  @Test("required options and operands are asked for")
  func required() {
    let spec = CommandSpec(
      name: "go", summary: "go", operands: "WHERE", operandCount: 1...1,
      options: [OptionSpec("how", .text, "WAY", "how", isRequired: true)])
    func reason(_ words: [String]) -> String? {
      do {
        _ = try Arguments.parse(words, for: spec)
        return nil
      } catch {
        return error.reason
      }
    }
    #expect(reason(["x"]) == "acqd go needs --how WAY")
    #expect(reason(["--how", "fast"]) == "acqd go needs WHERE")
    #expect(reason(["--how", "fast", "x"]) == nil)
  }

  @Test("help is asked for anywhere before --, and then nothing else matters")
  func help() throws {
    #expect(try parse("--nonsense", "--help").wantsHelp)
    #expect(try parse("-h").wantsHelp)
    #expect(try !parse("--", "--help").wantsHelp)
    #expect(
      Help.text(Self.spec) == """
        acqd fly [OPTION...] PLACE...

        fly away

          --to PLACE   where
          --height N   how high
          --load SIZE  how much
          --for TIME   how long
          --wing WING  which
          --low        near the ground
          --help       print this

        More.

        """)
  }
}
