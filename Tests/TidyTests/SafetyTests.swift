import TestSupport
import Testing

@Suite("Tidy: unsafe code") struct SafetyTests {
  /// Words that reach past the compiler's checks.
  private static let words: Set<String> = [
    "unsafe", "unsafeBitCast", "unsafeDowncast", "unchecked", "Unmanaged", "OpaquePointer",
    "withUnsafeBytes", "withUnsafeMutableBytes", "withUnsafeBufferPointer",
    "withUnsafeMutableBufferPointer", "withUnsafePointer", "withUnsafeMutablePointer",
    "UnsafePointer", "UnsafeMutablePointer", "UnsafeRawPointer", "UnsafeMutableRawPointer",
    "UnsafeBufferPointer", "UnsafeMutableBufferPointer", "UnsafeRawBufferPointer",
    "UnsafeMutableRawBufferPointer",
  ]

  /// Line numbers, from 1, of lines with one of `words` outside comments and strings.
  private static func lines(of words: Set<String>, in file: SourceFile) -> [Int] {
    let text = String(decoding: SwiftText.blanked(file.text), as: UTF8.self)
    return text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
      let found = $1.split { !($0.isLetter || $0.isNumber || $0 == "_") }
      return found.contains { words.contains(String($0)) } ? $0 + 1 : nil
    }
  }

  @Test("unsafe code stands only where a C library or glibc is imported, or where the table says why")
  func places() throws {
    for file in try SourceFile.swift(in: ["Sources"]) {
      let imports = file.imports.map(\.module)
      guard !imports.contains(where: { Rooms.isC($0) || $0 == "Glibc" }) else { continue }
      guard Rooms.unsafeFiles[file.path] == nil else { continue }
      let found = Self.lines(of: Self.words, in: file)
      #expect(found.isEmpty, "\(file.path): lines \(found)")
    }
  }

  @Test("every file in the table of unsafe files is there and needs it")
  func table() throws {
    let files = try SourceFile.swift(in: ["Sources"])
    for path in Rooms.unsafeFiles.keys {
      let file = try #require(files.first { $0.path == path }, "\(path)")
      #expect(!Self.lines(of: Self.words, in: file).isEmpty, "\(path)")
    }
  }

  @Test("every `unsafe` expression has a SAFETY comment above it")
  func reasons() throws {
    for file in try SourceFile.swift(in: ["Sources"]) {
      for line in Self.lines(of: ["unsafe"], in: file) {
        // That is about threads; the next test asks for its proof.
        if file.lines[line - 1].contains("nonisolated(unsafe)") { continue }
        let above = file.lines[max(0, line - 12)..<line]
        #expect(above.contains { $0.contains("SAFETY:") }, "\(file.path):\(line)")
      }
    }
  }

  @Test("unchecked concurrency is proved in the next line")
  func unchecked() throws {
    for file in try SourceFile.swift(in: ["Sources"]) {
      for line in Self.lines(of: ["unchecked", "nonisolated"], in: file) {
        let near = file.lines[max(0, line - 4)..<min(file.lines.count, line + 2)]
        #expect(near.contains { $0.contains("//") }, "\(file.path):\(line)")
      }
    }
  }

  @Test("no test and no source tries, casts or waits by force")
  func force() throws {
    for file in try SourceFile.swift(in: ["Sources", "Tests"]) {
      let text = String(decoding: SwiftText.blanked(file.text), as: UTF8.self)
      for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        #expect(!line.contains("try!") && !line.contains("as!"), "\(file.path):\(index + 1)")
        #expect(!line.contains("Task.sleep"), "\(file.path):\(index + 1)")
      }
    }
  }

  @Test("a TODO names its issue")
  func todos() throws {
    for file in try SourceFile.swift(in: ["Sources", "Tests"]) where file.name != "SafetyTests.swift" {
      for (index, line) in file.lines.enumerated() where line.contains("TODO") {
        #expect(line.contains("TODO(#"), "\(file.path):\(index + 1)")
      }
    }
  }
}
