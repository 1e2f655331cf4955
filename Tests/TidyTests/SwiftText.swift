/// Swift source with comments and the insides of string literals blanked, so that braces and words can be counted.
/// Lines stay where they were. Regex literals are not understood; our code has none.
struct SwiftText {
  private let input: [UInt8]
  private var position = 0
  private var output: [UInt8] = []

  /// The blanked text of `source`.
  static func blanked(_ source: String) -> [UInt8] {
    var text = SwiftText(input: Array(source.utf8))
    text.code(until: nil)
    return text.output
  }

  private init(input: [UInt8]) { self.input = input }

  private func peek(_ text: StaticString) -> Bool {
    text.withUTF8Buffer { input[position...].starts(with: $0) }
  }

  private mutating func blank(_ count: Int = 1) {
    for _ in 0..<count where position < input.count {
      let byte = input[position]
      output.append(byte == UInt8(ascii: "\n") ? byte : UInt8(ascii: " "))
      position += 1
    }
  }

  /// Copies code until the end, or until the parenthesis that closes an interpolation.
  private mutating func code(until end: UInt8?) {
    var depth = 0
    while position < input.count {
      let byte = input[position]
      if peek("//") {
        while position < input.count, input[position] != UInt8(ascii: "\n") { blank() }
      } else if peek("/*") {
        blockComment()
      } else if byte == UInt8(ascii: "\"") || (byte == UInt8(ascii: "#") && startsRawString) {
        string()
      } else {
        if end != nil {
          if byte == UInt8(ascii: "(") { depth += 1 }
          if byte == UInt8(ascii: ")") {
            if depth == 0 { return blank() }
            depth -= 1
          }
        }
        output.append(byte)
        position += 1
      }
    }
  }

  private mutating func blockComment() {
    var depth = 0
    repeat {
      if peek("/*") {
        depth += 1
        blank(2)
      } else if peek("*/") {
        depth -= 1
        blank(2)
      } else {
        blank()
      }
    } while depth > 0 && position < input.count
  }

  private var startsRawString: Bool {
    input[position...].first { $0 != UInt8(ascii: "#") } == UInt8(ascii: "\"")
  }

  private mutating func string() {
    var hashCount = 0
    while input[position] == UInt8(ascii: "#") {
      hashCount += 1
      blank()
    }
    let isMultiline = peek("\"\"\"")
    let hashes = [UInt8](repeating: UInt8(ascii: "#"), count: hashCount)
    let close = [UInt8](repeating: UInt8(ascii: "\""), count: isMultiline ? 3 : 1) + hashes
    let escape = [UInt8(ascii: "\\")] + hashes
    blank(isMultiline ? 3 : 1)
    while position < input.count {
      if input[position...].starts(with: close) { return blank(close.count) }
      if input[position...].starts(with: escape) {
        blank(escape.count)
        guard position < input.count else { return }
        if input[position] == UInt8(ascii: "(") {
          blank()
          code(until: UInt8(ascii: ")"))
        } else {
          blank()
        }
      } else {
        blank()
      }
    }
  }
}

/// A function, initializer or computed property and how long it is.
struct FunctionLength: Equatable {
  let name: String
  /// Line of the declaration, from 1.
  let line: Int
  /// From the declaration to the closing brace, both included.
  let lineCount: Int

  /// Every declaration with a body in `source`; nil when its braces do not balance.
  static func all(in source: String) -> [FunctionLength]? {
    let text = SwiftText.blanked(source)
    guard let closing = closingBraces(text) else { return nil }
    var lengths: [FunctionLength] = []
    var line = 1
    var position = 0
    while position < text.count {
      if text[position] == UInt8(ascii: "\n") { line += 1 }
      guard isWordStart(text, position) else {
        position += 1
        continue
      }
      let word = self.word(text, position)
      if ["func", "init", "deinit", "subscript", "var"].contains(word),
        let open = bodyStart(text, position + word.utf8.count), let close = closing[open]
      {
        let count = text[position...close].count { $0 == UInt8(ascii: "\n") } + 1
        let name = self.name(text, position, keyword: word)
        lengths.append(FunctionLength(name: name, line: line, lineCount: count))
      }
      position += max(1, word.utf8.count)
    }
    return lengths
  }

  private static func closingBraces(_ text: [UInt8]) -> [Int: Int]? {
    var open: [Int] = []
    var closing: [Int: Int] = [:]
    for (index, byte) in text.enumerated() {
      if byte == UInt8(ascii: "{") { open.append(index) }
      if byte == UInt8(ascii: "}") {
        guard let start = open.popLast() else { return nil }
        closing[start] = index
      }
    }
    return open.isEmpty ? closing : nil
  }

  /// The brace that opens the body of the declaration whose keyword ended at `start`; nil where there is none.
  private static func bodyStart(_ text: [UInt8], _ start: Int) -> Int? {
    var depth = 0
    for index in start..<text.count {
      switch text[index] {
      case UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: ")"), UInt8(ascii: "]"):
        depth -= 1
        if depth < 0 { return nil }
      case UInt8(ascii: "{"): if depth == 0 { return index }
      case UInt8(ascii: "}"), UInt8(ascii: ";"): if depth == 0 { return nil }
      // A stored property's value may hold a closure: that is a body too, if it starts on the same line.
      case UInt8(ascii: "\n"):
        if depth == 0 {
          let rest = text[(index + 1)...].drop { $0 == UInt8(ascii: " ") }
          let continues = ["{", "where", "->", "throws", "async"].contains { rest.starts(with: $0.utf8) }
          if !continues { return nil }
        }
      default: break
      }
    }
    return nil
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private static func isWordStart(_ text: [UInt8], _ position: Int) -> Bool {
    guard isWordByte(text[position]) else { return false }
    guard position > 0 else { return true }
    // `.init(` is a call, not a declaration.
    return !isWordByte(text[position - 1]) && text[position - 1] != UInt8(ascii: ".")
  }

  private static func word(_ text: [UInt8], _ position: Int) -> String {
    String(decoding: text[position...].prefix(while: isWordByte), as: UTF8.self)
  }

  private static func name(_ text: [UInt8], _ position: Int, keyword: String) -> String {
    guard keyword == "func" || keyword == "var" else { return keyword }
    let rest = text[(position + keyword.utf8.count)...].drop { $0 == UInt8(ascii: " ") }
    return String(decoding: rest.prefix { $0 > 32 && $0 != UInt8(ascii: "(") }, as: UTF8.self)
  }
}
