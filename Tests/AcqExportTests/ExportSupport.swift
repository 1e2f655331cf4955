import AcqCore
import AcqExport
import Foundation
import TestSupport

/// A file that grows and is read back: what the daemon's scratch space is.
final class FileScratch: Scratch {
  private let handle: FileHandle
  private(set) var sizeBytes: UInt64 = 0

  init(_ path: String) throws {
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
  }

  func append(_ bytes: ArraySlice<UInt8>) throws -> UInt64 {
    try handle.seek(toOffset: sizeBytes)
    try handle.write(contentsOf: Data(bytes))
    defer { sizeBytes += UInt64(bytes.count) }
    return sizeBytes
  }

  func read(at offset: UInt64, count: Int) throws -> [UInt8] {
    try handle.seek(toOffset: offset)
    return [UInt8](try handle.read(upToCount: count) ?? Data())
  }
}

/// A recording in memory.
func readFile(_ path: String) throws -> MemoryBytes {
  MemoryBytes([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
}

/// Exports through memory.
func export(_ recording: MemoryBytes, _ request: MATExport.Request = .init(), name: String = "run.mcap")
  throws
  -> (bytes: [UInt8], report: MATExport.Report)
{
  var sink = MemoryBytes()
  let report = try MATExport.write(
    recording, request: request, name: name, scratch: { MemoryBytes() }, to: &sink)
  return (sink.bytes, report)
}

/// Exports a recording and lets Python and, where wanted, Octave compare every value. Returns what Python
/// printed: variables, values, rows, skipped topics.
func verify(
  _ path: String, _ request: MATExport.Request = .init(), arguments: [String] = [], inOctave: Bool = false
) throws -> (words: [String], report: MATExport.Report) {
  let directory = try TemporaryDirectory()
  let (bytes, report) = try export(try readFile(path), request)
  let mat = directory.path + "/ours.mat"
  let expected = directory.path + "/expected.mat"
  try Data(bytes).write(to: URL(fileURLWithPath: mat))
  let more = inOctave ? ["--expected", expected] : []
  let output = try PythonTools.run(
    "Tests/AcqExportTests/Judges/verify_mat.py", [path, mat] + arguments + more)
  let words = output.split(whereSeparator: \.isWhitespace).map(String.init)
  guard inOctave else { return (words, report) }
  let result = try TestProcess.run(
    try Tools.require("octave"),
    ["--norc", "--no-gui", "--quiet", Repository.path("Tests/AcqExportTests/Judges/compare_mat.octave")],
    environment: ["OURS": mat, "EXPECTED": expected, "HOME": directory.path, "PATH": "/usr/bin:/bin"],
    seconds: 600)
  guard result.status == 0, let count = Int(result.text.trimmingCharacters(in: .whitespacesAndNewlines)),
    count > 0
  else { throw TestSupportError("octave: \(result.text) \(result.errorText)") }
  return (words, report)
}
