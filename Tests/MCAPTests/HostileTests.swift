import AcqCompression
import AcqCore
import MCAP
import TestSupport
import Testing

/// A chunk record around `packed`.
private func chunk(
  _ packed: [UInt8], compression: String, uncompressedSize: UInt64, crc: UInt32 = 0, startNs: UInt64 = 1,
  endNs: UInt64 = 2
) -> [UInt8] {
  var body = ByteWriter()
  body.writeLittleEndian(startNs)
  body.writeLittleEndian(endNs)
  body.writeLittleEndian(uncompressedSize)
  body.writeLittleEndian(crc)
  body.writeLittleEndian(UInt32(compression.utf8.count))
  body.write(text: compression)
  body.writeLittleEndian(UInt64(packed.count))
  body.write(packed)
  return record(6, body.bytes)
}

/// Schema-less channel 7 and one message on it, as records.
private func channelAndMessage(_ time: UInt64 = 5) -> [UInt8] {
  var channel = ByteWriter()
  channel.writeLittleEndian(UInt16(7))
  channel.writeLittleEndian(UInt16(0))
  for text in ["topic", "raw"] {
    channel.writeLittleEndian(UInt32(text.utf8.count))
    channel.write(text: text)
  }
  channel.writeLittleEndian(UInt32(0))
  var message = ByteWriter()
  message.writeLittleEndian(UInt16(7))
  message.writeLittleEndian(UInt32(1))
  message.writeLittleEndian(time)
  message.writeLittleEndian(time)
  message.write([42])
  return record(4, channel.bytes) + record(5, message.bytes)
}

private let header = record(1, [0, 0, 0, 0, 0, 0, 0, 0])
private let footer = record(2, [UInt8](repeating: 0, count: 20)) + magicBytes

private func read(
  _ parts: [UInt8]..., recordBytesMax: Int = MCAPLimits.recordBytesMax
) throws -> (messageCount: Int, reader: MessageReader) {
  var options = MessageReader.Options()
  options.recordBytesMax = recordBytesMax
  var reader = try MessageReader(MemoryBytes(magicBytes + header + parts.joined()), options: options)
  return (try readAll(&reader).count, reader)
}

@Suite struct HostileTests {
  @Test("a zstd bomb is a problem of its chunk; the other chunks are read")
  func bomb() throws {
    let good = chunk(
      channelAndMessage(), compression: "", uncompressedSize: UInt64(channelAndMessage().count))
    let zeros = try ZstdCompressor().compress([UInt8](repeating: 0, count: 8 << 20)[...])
    // One claims too much, one makes more than it claims, one less.
    for claimed: UInt64 in [.max, 1 << 40, 1 << 20 + 1, 1 << 20, 1000] {
      let bomb = chunk(zeros, compression: "zstd", uncompressedSize: claimed)
      let (count, reader) = try read(bomb, good, bomb, good, footer, recordBytesMax: 1 << 20)
      #expect(count == 2)
      #expect(reader.ending == .closed)
      #expect(
        reader.problems.map(\.kind) == Array(repeating: claimed > 1 << 20 ? .limit : .damaged, count: 2))
    }
  }

  @Test("an lz4 bomb, a failed checksum, an unknown compression and garbage are problems of their chunk")
  func badChunks() throws {
    let records = channelAndMessage()
    let size = UInt64(records.count)
    let good = chunk(records, compression: "", uncompressedSize: size)
    let zeros = try LZ4.compressFrame([UInt8](repeating: 0, count: 8 << 20)[...])
    let bad: [(MCAPError.Kind, [UInt8])] = [
      (.damaged, chunk(zeros, compression: "lz4", uncompressedSize: 1000)),
      (.damaged, chunk(records, compression: "", uncompressedSize: size, crc: 12345)),
      (.damaged, chunk(records, compression: "zstd", uncompressedSize: size)),
      (.damaged, chunk(records, compression: "lz4", uncompressedSize: size)),
      (.unsupported, chunk(records, compression: "brotli", uncompressedSize: size)),
      (.malformed, record(6, [1, 2, 3])),
      (.malformed, chunk(records + [5, 200], compression: "", uncompressedSize: size + 2)),
      (.malformed, chunk(good, compression: "", uncompressedSize: UInt64(good.count))),
    ]
    for (kind, chunk) in bad {
      let (count, reader) = try read(good, chunk, good, footer)
      #expect(count >= 2)
      #expect(reader.problems.map(\.kind) == [kind])
      #expect(reader.ending == .closed)
    }
  }

  @Test("a record with length 2^64-1, or any beyond the end, is where the recording breaks off")
  func lyingLengths() throws {
    for opcode: UInt8 in 1...255 {
      for length: UInt64 in [.max, .max - 9, 1 << 63, 1 << 40, 100] {
        let (count, reader) = try read(channelAndMessage(), record(opcode, [1, 2, 3], length: length))
        #expect(count == 1)
        guard case .cutOff = reader.ending else {
          Issue.record("opcode \(opcode), length \(length): \(String(describing: reader.ending))")
          continue
        }
        var stream = RecordStream(expandsChunks: true)
        let bytes = magicBytes + header + record(opcode, [1, 2, 3], length: length)
        stream.append(bytes[...])
        #expect(throws: Never.self) { while try nextOrSkipped(&stream) != nil {} }
        #expect(stream.phase != .closed)
        let result = try probe(MemoryBytes(bytes), pieceBytes: 5)
        #expect(result.isCutOff)
        #expect(result.completeBytes == UInt64(bytes.count - 12))
      }
    }
  }

  private func nextOrSkipped(_ stream: inout RecordStream) throws -> Record? {
    do { return try stream.next() } catch  where error.kind == .limit { return nil }
  }

  @Test("a record one byte over the limit is a problem, one at the limit is read")
  func recordLimit() throws {
    for size in [1000, 1001] {
      let big = record(5, [7, 0] + [UInt8](repeating: 0, count: size - 2))
      let (count, reader) = try read(
        channelAndMessage(), big, channelAndMessage(), footer, recordBytesMax: 1000)
      #expect(count == (size == 1000 ? 3 : 2))
      #expect(reader.problems.map(\.kind) == (size == 1000 ? [] : [.limit]))
      var stream = RecordStream(recordBytesMax: 1000)
      stream.append((magicBytes + header)[...])
      for byte in channelAndMessage() + big + footer { stream.append([byte]) }
      var kinds: [MCAPError.Kind] = []
      var recordCount = 0
      while stream.phase != .closed {
        do { if try stream.next() != nil { recordCount += 1 } } catch { kinds.append(error.kind) }
      }
      #expect(kinds == (size == 1000 ? [] : [.limit]))
      #expect(recordCount == (size == 1000 ? 5 : 4))
    }
  }

  @Test("metadata, channels and schemas with lying lengths are problems, wherever the lie is")
  func lyingFields() throws {
    let bodies: [(UInt8, [UInt8])] = [
      (0x0C, [1, 0, 0, 0, 65, 18, 0, 0, 0, 1, 0, 0, 0, 65, 1, 0, 0, 0, 66, 0, 0, 0, 0, 0, 0, 0, 0]),
      (0x04, [7, 0, 0, 0, 1, 0, 0, 0, 65, 1, 0, 0, 0, 66, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      (0x03, [7, 0, 1, 0, 0, 0, 65, 1, 0, 0, 0, 66, 2, 0, 0, 0, 9, 9]),
      (0x01, [1, 0, 0, 0, 65, 1, 0, 0, 0, 66]),
    ]
    for (opcode, body) in bodies {
      let (_, reader) = try read(record(opcode, body), footer)
      #expect(reader.problems == [], "opcode \(opcode)")
      for index in body.indices {
        for value: UInt8 in [0, 1, 3, 127, 255] {
          var changed = body
          changed[index] = value
          let (count, reader) = try read(record(opcode, changed), channelAndMessage(), footer)
          #expect(count == 1)
          #expect(reader.ending == .closed)
        }
      }
      for cut in 0..<body.count {
        let (count, reader) = try read(record(opcode, Array(body[..<cut])), channelAndMessage(), footer)
        #expect(count == 1)
        #expect(reader.problems.count <= 1)
      }
    }
  }

  @Test("every record of the summary, cut at every byte and with every byte changed, never traps the stream")
  func lyingRecords() throws {
    let bytes = try makeRecording(messageCount: 4)
    var random = SeededRandom(seed: 7)
    for index in 8..<bytes.count {
      var changed = bytes
      changed[index] = UInt8(truncatingIfNeeded: random.next())
      var stream = RecordStream(expandsChunks: true)
      stream.append(changed[...])
      var errorCount = 0
      while errorCount < 100 {
        do { if try stream.next() == nil { break } } catch { errorCount += 1 }
      }
      #expect(errorCount < 100)
      _ = try RecordingSummary.scan(MemoryBytes(changed))
      _ = try probe(MemoryBytes(changed), pieceBytes: 50)
    }
  }

  @Test("messages of an unknown channel are told once and the rest is read")
  func unknownChannel() throws {
    let message = record(5, [9, 0] + [UInt8](repeating: 0, count: 20))
    let (count, reader) = try read(message, message, channelAndMessage(), footer)
    #expect(count == 1)
    #expect(reader.problems.map(\.reason) == ["messages of unknown channel 9"])
  }

  @Test("problems are capped and counted")
  func manyProblems() throws {
    let bad = (0..<100).flatMap { _ in record(6, [1]) }
    let (_, reader) = try read(bad, footer)
    #expect(reader.problems.count == 32)
    #expect(reader.problemCount == 100)
    let summary = try RecordingSummary.scan(MemoryBytes(magicBytes + header + bad + footer))
    #expect(summary.problems.last == "and 68 more problems")
  }

  @Test("a file without head, an empty one and a foreign one are told apart", arguments: [3, 100])
  func kinds(pieceBytes: Int) throws {
    let lost = MemoryBytes([UInt8](repeating: 0, count: 4096) + channelAndMessage())
    #expect(try probe(lost, pieceBytes: pieceBytes).kind == .headLost)
    #expect(try probe(lost, pieceBytes: pieceBytes).isCutOff)
    #expect(#expect(throws: MCAPError.self) { try MessageReader(lost) }?.kind == .headLost)
    let summary = try RecordingSummary.scan(lost)
    #expect(summary.isCutOff && summary.messageCount == 0 && summary.problems == ["the first bytes are zero"])
    let empty = MemoryBytes()
    #expect(try probe(empty, pieceBytes: pieceBytes).kind == .empty)
    #expect(try RecordingSummary.scan(empty).isCutOff)
    let text = MemoryBytes(Array("hello world".utf8))
    #expect(#expect(throws: MCAPError.self) { try RecordingSummary.scan(text) }?.kind == .notMCAP)
    let version = MemoryBytes(magicBytes[..<5] + [0x31, 0x0D, 0x0A])
    #expect(
      try probe(version, pieceBytes: pieceBytes).kind
        == .notMCAP(reason: "MCAP of a version that we do not read"))
  }

  @Test("zeros where a power cut lost the rest end the recording there")
  func zeroTail() throws {
    let bytes = try makeRecording(isFinished: false)
    let source = MemoryBytes(bytes + [UInt8](repeating: 0, count: 5000))
    let summary = try RecordingSummary.scan(source)
    #expect(summary.messageCount == 40)
    #expect(summary.ending == .cutOff(offset: UInt64(bytes.count), reason: "no record begins here"))
    #expect(try probe(source, pieceBytes: 64).completeBytes == UInt64(bytes.count))
  }
}
