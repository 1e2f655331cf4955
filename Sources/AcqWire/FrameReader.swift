import AcqCore

/// A cursor over the body of one frame: `ByteReader` with errors that name the frame.
struct FrameReader {
  let frameType: UInt8
  private var reader: ByteReader

  init(_ body: ArraySlice<UInt8>, frameType: UInt8) {
    reader = ByteReader(body)
    self.frameType = frameType
  }

  var remaining: Int { reader.remaining }

  mutating func readInteger<Value: FixedWidthInteger>() throws(WireError) -> Value {
    do { return try reader.readBigEndian(Value.self) } catch { throw WireError(error, frameType: frameType) }
  }

  mutating func readDigest<Subject>() throws(WireError) -> Digest<Subject> {
    do { return try reader.readDigest(Digest<Subject>.self) } catch {
      throw WireError(error, frameType: frameType)
    }
  }

  mutating func read(_ count: Int) throws(WireError) -> ArraySlice<UInt8> {
    do { return try reader.read(count) } catch { throw WireError(error, frameType: frameType) }
  }

  mutating func readRest() -> ArraySlice<UInt8> { reader.readRest() }

  mutating func readText(_ count: Int) throws(WireError) -> String {
    do { return try reader.readText(count) } catch { throw WireError(error, frameType: frameType) }
  }

  /// A length byte, then as much text.
  mutating func readShortText() throws(WireError) -> String {
    let length: UInt8 = try readInteger()
    return try readText(Int(length))
  }

  /// 0 or 1, nothing else.
  mutating func readBool() throws(WireError) -> Bool {
    let value: UInt8 = try readInteger()
    guard value <= 1 else { throw malformed("\(value) is neither 0 nor 1") }
    return value == 1
  }

  /// Not 0: that number is for statements that nobody asked for.
  mutating func readRequestID() throws(WireError) -> UInt32 {
    let id: UInt32 = try readInteger()
    guard id != 0 else { throw malformed("a request id of 0") }
    return id
  }

  mutating func readCount(_ range: ClosedRange<Int>, of what: String) throws(WireError) -> Int {
    let count: UInt16 = try readInteger()
    guard range.contains(Int(count)) else { throw limit("\(count) \(what), \(range) are allowed") }
    return Int(count)
  }

  func expectEnd() throws(WireError) {
    do { try reader.expectEnd() } catch { throw WireError(error, frameType: frameType) }
  }

  func malformed(_ reason: String) -> WireError {
    WireError(.malformed, reason, frameType: frameType, offset: reader.offset)
  }

  func limit(_ reason: String) -> WireError {
    WireError(.limit, reason, frameType: frameType, offset: reader.offset)
  }
}
