/// A block of a Markdown file that a test runs: ```` ```console test=NAME ````.
public struct MarkedBlock: Equatable, Sendable {
  /// What stands after `test=`.
  public let name: String
  /// The lines between the fences.
  public let lines: [String]

  /// A block of that name.
  public init(name: String, lines: [String]) {
    self.name = name
    self.lines = lines
  }

  /// What a person types: the lines that start with `$ `, without it.
  public var commands: [String] { lines.filter { $0.hasPrefix("$ ") }.map { String($0.dropFirst(2)) } }

  /// Every marked block of `markdown`, in order.
  public static func all(in markdown: String) -> [MarkedBlock] {
    var blocks: [MarkedBlock] = []
    var open: (name: String, lines: [String])?
    for line in markdown.split(separator: "\n", omittingEmptySubsequences: false) {
      if let block = open {
        if line.hasPrefix("```") {
          blocks.append(MarkedBlock(name: block.name, lines: block.lines))
          open = nil
        } else {
          open?.lines.append(String(line))
        }
      } else if line.hasPrefix("```"), let mark = line.split(separator: " ").last, mark.hasPrefix("test=") {
        open = (String(mark.dropFirst(5)), [])
      }
    }
    return blocks
  }
}
