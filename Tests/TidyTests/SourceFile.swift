import Foundation
import TestSupport

/// One file of the repository, as text.
struct SourceFile {
  /// Relative to the repository.
  let path: String
  let text: String

  var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
  var name: String { String(path.split(separator: "/").last ?? "") }
  /// The folder below Sources or Tests.
  var module: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }

  /// Every file below `folders` whose name ends in one of `suffixes`.
  static func all(in folders: [String], suffixes: [String]) throws -> [SourceFile] {
    var files: [SourceFile] = []
    for folder in folders {
      let names = FileManager.default.enumerator(atPath: Repository.path(folder))
      while let name = names?.nextObject() as? String {
        guard suffixes.contains(where: name.hasSuffix) else { continue }
        let path = folder + "/" + name
        let text = try String(contentsOfFile: Repository.path(path), encoding: .utf8)
        files.append(SourceFile(path: path, text: text))
      }
    }
    return files.sorted { $0.path < $1.path }
  }

  static func swift(in folders: [String]) throws -> [SourceFile] {
    try all(in: folders, suffixes: [".swift"])
  }

  /// The modules that the file imports, with the line of each.
  var imports: [(module: String, line: Int)] {
    lines.enumerated().compactMap { index, line in
      let words = line.split(separator: "//", maxSplits: 1, omittingEmptySubsequences: false)[0]
        .split(separator: " ")
      guard let position = words.firstIndex(of: "import"), position < words.count - 1 else { return nil }
      let modifiers = ["public", "internal", "package", "private", "fileprivate"]
      guard words[..<position].allSatisfy({ modifiers.contains(String($0)) || $0.hasPrefix("@") }) else {
        return nil
      }
      let kinds = ["func", "struct", "class", "enum", "protocol", "var", "let", "typealias"]
      var name = words[position + 1]
      if kinds.contains(String(name)), position + 2 < words.count { name = words[position + 2] }
      return (String(name.split(separator: ".")[0]), index + 1)
    }
  }
}
