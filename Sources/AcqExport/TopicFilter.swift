/// Which topics are wanted: any number of globs, in which `*` stands for any text, `/` included, and `?` for
/// one character.
struct TopicFilter {
  private let globs: [[Character]]

  /// No globs: all topics.
  init(_ globs: [String]) { self.globs = globs.map(Array.init) }

  func matches(_ topic: String) -> Bool {
    guard !globs.isEmpty else { return true }
    let text = Array(topic)
    return globs.contains { Self.matches($0, text) }
  }

  /// Goes back at most to the last star: quadratic at worst, whatever the glob.
  private static func matches(_ glob: [Character], _ text: [Character]) -> Bool {
    var (position, at) = (0, 0)
    var star: (position: Int, at: Int)?
    while at < text.count {
      if position < glob.count, glob[position] == "*" {
        star = (position, at)
        position += 1
      } else if position < glob.count, glob[position] == "?" || glob[position] == text[at] {
        position += 1
        at += 1
      } else if let last = star {
        position = last.position + 1
        at = last.at + 1
        star = (last.position, at)
      } else {
        return false
      }
    }
    return glob[position...].allSatisfy { $0 == "*" }
  }
}
