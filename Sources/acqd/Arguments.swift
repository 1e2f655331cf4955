import AcqDaemon

/// One option of a command: `--name`, or `--name VALUE`.
package struct OptionSpec: Hashable, Sendable {
  /// What a value must be.
  package enum Kind: Hashable, Sendable {
    /// Present or not; takes no value.
    case flag
    /// Any text that is not empty.
    case text
    /// A whole number in a range.
    case count(ClosedRange<Int>)
    /// A number with a unit: `2 GiB`.
    case size
    /// A number with a unit: `10 s`.
    case duration
    /// One of these words.
    case choice([String])
  }

  /// Without the dashes.
  package let name: String
  package let kind: Kind
  /// What stands for the value in the help, such as `FILE`.
  package let placeholder: String
  /// One line.
  package let summary: String
  package let isRequired: Bool
  package let isRepeatable: Bool

  /// An option that takes a value.
  package init(
    _ name: String, _ kind: Kind, _ placeholder: String, _ summary: String, isRequired: Bool = false,
    isRepeatable: Bool = false
  ) {
    self.name = name
    self.kind = kind
    self.placeholder = placeholder
    self.summary = summary
    self.isRequired = isRequired
    self.isRepeatable = isRepeatable
  }

  /// An option that is present or not.
  package static func flag(_ name: String, _ summary: String) -> OptionSpec {
    OptionSpec(name, .flag, "", summary)
  }
}

/// What a command takes, and its help.
package struct CommandSpec: Hashable, Sendable {
  package let name: String
  /// One line for the list of commands.
  package let summary: String
  /// How operands are shown, such as `CARD|FILE...`; empty: it takes none.
  package let operands: String
  /// How many operands it takes.
  package let operandCount: ClosedRange<Int>
  package let options: [OptionSpec]
  /// More for `--help`: examples, exit statuses.
  package let details: String

  /// A command.
  package init(
    name: String, summary: String, operands: String = "", operandCount: ClosedRange<Int> = 0...0,
    options: [OptionSpec] = [], details: String = ""
  ) {
    self.name = name
    self.summary = summary
    self.operands = operands
    self.operandCount = operandCount
    self.options = options
    self.details = details
  }
}

/// A command line that makes no sense; exit status 64.
package struct UsageError: Error, Hashable, CustomStringConvertible {
  package let reason: String
  /// What may have been meant.
  package let hint: String?

  package init(_ reason: String, hint: String? = nil) {
    self.reason = reason
    self.hint = hint
  }

  package var description: String { reason }
}

/// The words behind a command's name, checked against what it takes.
package struct Arguments: Hashable, Sendable {
  private let spec: CommandSpec
  private var values: [String: [String]] = [:]
  /// What is no option, in order.
  package private(set) var operands: [String] = []
  /// Whether `--help` stands anywhere: then nothing else is checked.
  package private(set) var wantsHelp = false

  /// Reads `words`; every value is checked here, so that a command starts with good ones or not at all.
  package static func parse(_ words: [String], for spec: CommandSpec) throws(UsageError) -> Arguments {
    var arguments = Arguments(spec: spec)
    let beforeDashes = words.prefix { $0 != "--" }
    if beforeDashes.contains("--help") || beforeDashes.contains("-h") {
      arguments.wantsHelp = true
      return arguments
    }
    var index = 0
    while index < words.count {
      let word = words[index]
      index += 1
      if word == "--" {
        arguments.operands += words[index...]
        break
      }
      guard word.hasPrefix("-"), word != "-" else {
        arguments.operands.append(word)
        continue
      }
      try arguments.takeOption(word, words, &index)
    }
    try arguments.checkWhole()
    return arguments
  }

  private init(spec: CommandSpec) { self.spec = spec }

  private mutating func takeOption(_ word: String, _ words: [String], _ index: inout Int) throws(UsageError) {
    let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts[0].hasPrefix("--"), let option = spec.options.first(where: { "--" + $0.name == parts[0] })
    else { throw unknown(String(parts[0])) }
    if option.kind == .flag {
      guard parts.count == 1 else { throw UsageError("--\(option.name) takes no value") }
      values[option.name] = []
      return
    }
    let value: String
    if parts.count == 2 {
      value = String(parts[1])
    } else {
      guard index < words.count else {
        throw UsageError("--\(option.name) needs a value: --\(option.name) \(option.placeholder)")
      }
      value = words[index]
      index += 1
    }
    if let problem = Self.problem(value, option.kind) { throw UsageError("--\(option.name): \(problem)") }
    guard option.isRepeatable || values[option.name] == nil else {
      throw UsageError("--\(option.name) stands there twice")
    }
    values[option.name, default: []].append(value)
  }

  private func unknown(_ word: String) -> UsageError {
    let names = spec.options.map { "--" + $0.name } + ["--help"]
    let near = Spelling.nearest(to: word, among: names)
    return UsageError(
      "acqd \(spec.name) has no option \(word)",
      hint: near.map { "did you mean \($0)?" } ?? "acqd \(spec.name) --help")
  }

  private static func problem(_ value: String, _ kind: OptionSpec.Kind) -> String? {
    switch kind {
    case .flag: nil
    case .text: value.isEmpty ? "the value is empty" : nil
    case .count(let range):
      wholeNumber(value).map(range.contains) == true
        ? nil : "`\(value)` is not a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .size:
      Quantity.sizeBytes(value) == nil
        ? "`\(value)` is not a size; write a number and a unit, such as `2GiB`" : nil
    case .duration:
      Quantity.duration(value) == nil
        ? "`\(value)` is not a time; write a number and a unit, such as `10s` or `5min`" : nil
    case .choice(let words):
      words.contains(value) ? nil : "`\(value)` is none of \(words.joined(separator: ", "))"
    }
  }

  private static func wholeNumber(_ text: String) -> Int? {
    text.allSatisfy { ("0"..."9").contains($0) } ? Int(text) : nil
  }

  private func checkWhole() throws(UsageError) {
    for option in spec.options where option.isRequired && values[option.name] == nil {
      throw UsageError(
        "acqd \(spec.name) needs --\(option.name) \(option.placeholder)", hint: "acqd \(spec.name) --help")
    }
    if operands.count > spec.operandCount.upperBound {
      throw UsageError(
        "acqd \(spec.name): what is `\(operands[spec.operandCount.upperBound])` for?",
        hint: "acqd \(spec.name) --help")
    }
    if operands.count < spec.operandCount.lowerBound {
      throw UsageError("acqd \(spec.name) needs \(spec.operands)", hint: "acqd \(spec.name) --help")
    }
  }
}

/// What a command asks for; asking for an option that its spec does not have is our own mistake.
extension Arguments {
  private func given(_ name: String) -> [String]? {
    precondition(spec.options.contains { $0.name == name }, "a command asks only for options of its spec")
    return values[name]
  }

  /// Whether a flag, or any option, is there.
  package func has(_ name: String) -> Bool { given(name) != nil }
  /// The value of an option that may stand once.
  package func text(_ name: String) -> String? { given(name)?.first }
  /// The values of a repeatable option, in order; nil when it is not there.
  package func texts(_ name: String) -> [String]? { given(name) }
  /// A whole number, inside its range.
  package func count(_ name: String) -> Int? { text(name).flatMap(Self.wholeNumber) }
  /// A size in bytes.
  package func sizeBytes(_ name: String) -> UInt64? { text(name).flatMap { Quantity.sizeBytes($0) } }
  /// A time.
  package func duration(_ name: String) -> Duration? { text(name).flatMap { Quantity.duration($0) } }
}
