import TestSupport
import Testing

@Suite("Tidy: files and functions") struct ShapeTests {
  /// Longer files hide more than one idea (style §1).
  static let fileLinesMax = 400
  /// Longer functions hide more than one decision (style §2).
  static let functionLinesMax = 70

  @Test("no file is over 400 lines")
  func fileLengths() throws {
    let suffixes = [".swift", ".c", ".h", ".py", ".sh", ".css"]
    for file in try SourceFile.all(in: ["Sources", "Tests", "Protocol", "config"], suffixes: suffixes) {
      let count = file.lines.last?.isEmpty == true ? file.lines.count - 1 : file.lines.count
      #expect(count <= Self.fileLinesMax, "\(file.path) has \(count) lines")
    }
  }

  @Test("no function is over 70 lines")
  func functionLengths() throws {
    for file in try SourceFile.swift(in: ["Sources", "Tests"]) {
      let lengths = try #require(FunctionLength.all(in: file.text), "\(file.path): braces do not balance")
      for length in lengths where length.lineCount > Self.functionLinesMax {
        Issue.record("\(file.path):\(length.line) \(length.name) has \(length.lineCount) lines")
      }
    }
  }

  @Test("functions are measured through strings, comments and interpolations")
  func measure() {
    let text = ##"""
      protocol P {
        func promised(_ x: Int)
        init()
      }
      struct S {
        var stored: [Int] = [1]
        var computed: Int {
          1
        }
        init(_ x: (Int) -> Void = { _ in }) { /* } */
          print("}} \(f("{")) {", #"\"}"#, .init(3))
        }
        func long<T>(
          _ x: T
        ) throws -> T
        where T: Sendable {
          let text = """
            } } " \(x)
            """
          return x  // }
        }
      }
      """##
    #expect(
      FunctionLength.all(in: text) == [
        FunctionLength(name: "computed:", line: 7, lineCount: 3),
        FunctionLength(name: "init", line: 10, lineCount: 3),
        FunctionLength(name: "long<T>", line: 13, lineCount: 9),
      ])
    #expect(FunctionLength.all(in: "func f() { { }") == nil)
  }
}
