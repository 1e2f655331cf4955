import AcqCore
import AcqSystem
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite("Files") struct FilesTests {
  @Test("a small file is replaced whole or not at all, with its rights")
  func atomically() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/node.key"
    try Files.writeAtomically(Array("one".utf8), to: path, permissions: 0o600)
    try Files.writeAtomically(Array("two".utf8), to: path, permissions: 0o600)
    #expect(try Files.readAll(path, limit: 3) == Array("two".utf8))
    #expect(throws: Errno.self) { try Files.readAll(path, limit: 2) }
    #expect(try Files.identity(path)?.permissions == 0o600)
    #expect(try Files.list(directory.path) == ["node.key"])
  }

  @Test("symbolic links are not followed when opening, reading or listing")
  func links() throws {
    let directory = try TemporaryDirectory()
    try Files.writeAtomically([1], to: directory.path + "/secret")
    #expect(symlink("secret", directory.path + "/link") == 0)
    let error = #expect(throws: Errno.self) { try Files.readAll(directory.path + "/link", limit: 10) }
    #expect(error?.isSymbolicLink == true)
    #expect(try Files.identity(directory.path + "/link")?.kind == .symbolicLink)
    #expect(symlink(".", directory.path + "/dir") == 0)
    #expect(throws: Errno.self) { try Files.list(directory.path + "/dir") }
  }

  @Test("a file name that is not UTF-8 can be listed, opened and shown")
  func hostileNames() throws {
    let directory = try TemporaryDirectory()
    let bytes: [UInt8] = [0x66, 0xFF, 0xC3, 0x28, 0xF4, 0x8F, 0xBC, 0x80]
    let name = PathText.text(bytes)
    #expect(PathText.bytes(name) == bytes)
    #expect(PathText.display(name) == "f%FF%C3(%F4%8F%BC%80")
    try Files.writeAtomically([7], to: directory.path + "/" + name)
    #expect(try Files.list(directory.path) == [name])
    #expect(try Files.readAll(directory.path + "/" + name, limit: 1) == [7])
  }

  @Test("every sequence of bytes is a name and comes back")
  func pathText() {
    var random = SeededRandom(seed: 5)
    for length in 0..<200 {
      let bytes = random.bytes(length)
      #expect(PathText.bytes(PathText.text(bytes)) == bytes)
    }
    #expect(PathText.text(Array("Fahrer-Übung.mcap".utf8)) == "Fahrer-Übung.mcap")
  }

  @Test("a path with a zero byte names nothing, rather than the file before the zero")
  func zeroByte() throws {
    let directory = try TemporaryDirectory()
    try Files.writeAtomically([1], to: directory.path + "/a")
    #expect(throws: Errno.self) { try Files.identity(directory.path + "/a\0b") }
    #expect(throws: Errno.self) { try Files.readAll(directory.path + "/a\0b", limit: 9) }
  }

  @Test("a file source stays readable without its name and sees the file grow")
  func source() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/open.mcap"
    let sink = try FileSink(creating: path)
    try sink.write([1, 2, 3])
    let source = try FileSource(path)
    try sink.write([4])
    try Files.unlink(path)
    #expect(source.sizeBytes == 4)
    #expect(try source.read(at: 2, count: 10) == [3, 4])
    #expect(try source.read(at: 9, count: 10) == [])
    #expect(throws: Errno.self) { try FileSource(directory.path) }
  }

  @Test("scratch space has no name and gives back what was appended")
  func scratch() throws {
    let directory = try TemporaryDirectory()
    let scratch = try FileScratch(in: directory.path)
    #expect(try scratch.append([1, 2]) == 0)
    #expect(try scratch.append([3]) == 2)
    #expect(try scratch.read(at: 1, count: 5) == [2, 3])
    #expect(try Files.list(directory.path) == [])
  }

  @Test("a read lease tells whether somebody writes")
  func writers() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/a.mcap"
    do {
      let writer = try FileSink(creating: path)
      try writer.write([1])
      #expect(try Writers.of(path) == .somebody)
    }
    #expect(try Writers.of(path) == .nobody)
  }

  @Test("one lock has one holder, until its end")
  func lock() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path + "/lock"
    do {
      let held = try FileLock(path)
      let error = #expect(throws: Errno.self) { _ = try FileLock(path) }
      #expect(error?.isTransient == true)
      _ = held
    }
    _ = try FileLock(path)
  }

  @Test("log lines cannot be forged by names")
  func logLines() {
    let keys: Log.Keys = [(.file, "a b\"\n<3>fake\u{1B}[2J"), (.count, "3")]
    let line = SystemLog.line(.warning, "refused", keys, format: .journal, atNs: 0)
    #expect(line == "<4>refused file=\"a b\\\"\\u{a}<3>fake\\u{1b}[2J\" count=3\n")
    let shown = SystemLog.line(.notice, "sealed", [(.bytes, "7")], format: .terminal, atNs: 1_002_000_000)
    #expect(shown.hasSuffix(":01.002 sealed  bytes=7\n"))
  }
}
