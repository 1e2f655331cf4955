import AcqCore
import AcqCrypto

// Transport records (protocol §2): u16 length, ciphertext. One direction each; neither can be copied, so that no
// nonce is used twice.

/// Where a direction stands: its key, and the number of the next record.
struct RecordCounter {
  /// Records under one key: about a GiB. Both sides count, so no message is needed.
  static let recordsPerKey: UInt64 = 16_384

  private var key: AEADKey
  private var number: UInt64 = 0

  init(_ key: AEADKey) { self.key = key }

  /// Key and number for one record, which is then used up.
  mutating func next() -> (key: AEADKey, number: UInt64) {
    precondition(number < .max, "2^64 - 1 records are more than any session lives")
    if number > 0, number.isMultiple(of: Self.recordsPerKey) { key = key.next() }
    defer { number += 1 }
    return (key, number)
  }
}

/// Seals what this side sends, in order.
public struct RecordSealer: ~Copyable, Sendable {
  private var counter: RecordCounter

  /// Bytes of a record besides its plaintext: length and tag.
  public static let overheadBytes = 2 + AEADKey.tagBytes

  init(_ key: AEADKey) { counter = RecordCounter(key) }

  /// One record of `plaintext`, whole frames of at most 65 519 bytes.
  public mutating func seal(_ plaintext: ArraySlice<UInt8>) -> [UInt8] {
    var record: [UInt8] = []
    record.reserveCapacity(plaintext.count + Self.overheadBytes)
    seal(into: &record) { $0.append(contentsOf: plaintext) }
    return record
  }

  /// One record of `plaintext`.
  public mutating func seal(_ plaintext: [UInt8]) -> [UInt8] { seal(plaintext[...]) }

  /// Appends one record to `output`. What `write` appends is its plaintext, encrypted where it stands: the way for
  /// bulk data, without a copy. When `write` throws, `output` is as it was and no number is used.
  public mutating func seal<Failure: Error>(
    into output: inout [UInt8], _ write: (inout [UInt8]) throws(Failure) -> Void
  ) throws(Failure) {
    let start = output.count
    output.append(contentsOf: [0, 0])
    do throws(Failure) { try write(&output) } catch {
      output.removeSubrange(start...)
      throw error
    }
    let plaintext = start + 2..<output.count
    precondition(plaintext.count <= Limits.recordPlaintextMax, "a record's plaintext is at most 65 519 bytes")
    output.append(contentsOf: Self.tagRoom)
    let length = plaintext.count + AEADKey.tagBytes
    output[start] = UInt8(length >> 8)
    output[start + 1] = UInt8(length & 0xFF)
    let (key, number) = counter.next()
    key.seal(plaintext, of: &output, number: number)
  }

  private static let tagRoom = [UInt8](repeating: 0, count: AEADKey.tagBytes)
}

/// Opens what the peer sends, in order.
public struct RecordOpener: ~Copyable, Sendable {
  private var counter: RecordCounter

  init(_ key: AEADKey) { counter = RecordCounter(key) }

  /// The plaintext of one record's ciphertext, without the length before it.
  public mutating func open(_ ciphertext: ArraySlice<UInt8>) throws(WireError) -> [UInt8] {
    try Self.check(ciphertext.count)
    let (key, number) = counter.next()
    do { return try key.open(ciphertext, number: number) } catch { throw Self.notAuthentic(number) }
  }

  /// The plaintext of one record's ciphertext.
  public mutating func open(_ ciphertext: [UInt8]) throws(WireError) -> [UInt8] { try open(ciphertext[...]) }

  /// Opens the record at `position` where it stands and moves `position` behind it. Returns where its plaintext is;
  /// nil when the record is not whole yet: then read on. The way for bulk data, without a copy.
  public mutating func openNext(
    in buffer: inout [UInt8], at position: inout Int
  ) throws(WireError) -> Range<Int>? {
    guard buffer.count - position >= 2 else { return nil }
    let length = Int(buffer[position]) << 8 | Int(buffer[position + 1])
    try Self.check(length)
    let start = position + 2
    guard buffer.count - start >= length else { return nil }
    let (key, number) = counter.next()
    do {
      let plaintext = try key.open(start..<start + length, of: &buffer, number: number)
      position = start + length
      return plaintext
    } catch { throw Self.notAuthentic(number) }
  }

  private static func check(_ length: Int) throws(WireError) {
    guard length >= AEADKey.tagBytes else {
      throw WireError(.malformed, "a record of \(length) bytes has no tag")
    }
    guard length <= Limits.recordCiphertextMax else { throw WireError(.limit, "a record of \(length) bytes") }
  }

  private static func notAuthentic(_ number: UInt64) -> WireError {
    WireError(.notAuthentic, "record \(number) was not made by the peer")
  }
}
