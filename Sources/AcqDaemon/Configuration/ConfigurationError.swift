/// One thing wrong with a configuration file.
public struct ConfigurationProblem: Error, Hashable, Sendable {
  /// Where.
  public let place: TextPlace
  /// What, in a sentence's part.
  public let reason: String

  /// A problem at `place`.
  public init(_ place: TextPlace, _ reason: String) {
    self.place = place
    self.reason = reason
  }
}

/// Everything that is wrong with a configuration file, in the file's order.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
  /// The file, as the person named it.
  public let file: String
  /// At least one.
  public let problems: [ConfigurationProblem]

  /// One line a problem: `file:line:column: reason`, as compilers and editors have it.
  public var description: String {
    problems.map { "\(file):\($0.place.line):\($0.place.column): \($0.reason)" }.joined(separator: "\n")
  }

  /// The same text stays wrong.
  public var isTransient: Bool { false }

  init(file: String, problems: [ConfigurationProblem]) {
    self.file = file
    self.problems = problems.sorted { $0.place < $1.place }
  }
}
