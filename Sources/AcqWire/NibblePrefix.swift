public import AcqCore

/// The first 0 to 63 four-bit digits of register keys: names a place in an author's tree (protocol §4).
public struct NibblePrefix: Hashable, Sendable {
  /// Number of digits.
  public let nibbleCount: Int
  /// The least key under this prefix: its digits, then zeros.
  public let firstKey: RegisterKey

  /// Most digits: a tree of 64 digits ends in its leaves.
  public static let nibbleCountMax = 63
  /// The prefix of every key.
  public static let empty = NibblePrefix(nibbleCount: 0, firstKey: .zero)

  private init(nibbleCount: Int, firstKey: RegisterKey) {
    self.nibbleCount = nibbleCount
    self.firstKey = firstKey
  }

  /// The first `nibbleCount` digits of `key`, 0 to 63.
  public init(_ key: RegisterKey, nibbleCount: Int) {
    precondition((0...Self.nibbleCountMax).contains(nibbleCount), "a prefix has 0 to 63 digits")
    let byteCount = (nibbleCount + 1) / 2
    var bytes = [UInt8](repeating: 0, count: RegisterKey.byteCount)
    for index in 0..<byteCount { bytes[index] = key[index] }
    if nibbleCount % 2 == 1 { bytes[byteCount - 1] &= 0xF0 }
    self.init(nibbleCount: nibbleCount, firstKey: Self.key(bytes))
  }

  /// Nil unless `packed` holds exactly `nibbleCount` digits, an odd last one padded with a zero digit.
  public init?(nibbleCount: Int, packed: some Collection<UInt8>) {
    guard (0...Self.nibbleCountMax).contains(nibbleCount), packed.count == (nibbleCount + 1) / 2 else {
      return nil
    }
    var bytes = Array(packed)
    if nibbleCount % 2 == 1, bytes[bytes.count - 1] & 0x0F != 0 { return nil }
    bytes.append(contentsOf: repeatElement(0, count: RegisterKey.byteCount - bytes.count))
    self.init(nibbleCount: nibbleCount, firstKey: Self.key(bytes))
  }

  private static func key(_ bytes: [UInt8]) -> RegisterKey {
    guard let key = RegisterKey(bytes) else { preconditionFailure("a key of 32 bytes") }
    return key
  }

  /// The digits, two a byte, an odd last one padded with a zero digit.
  public var packed: [UInt8] { (0..<(nibbleCount + 1) / 2).map { firstKey[$0] } }

  /// The greatest key under this prefix: its digits, then fifteens.
  public var lastKey: RegisterKey {
    var bytes = firstKey.bytes
    for index in (nibbleCount + 1) / 2..<RegisterKey.byteCount { bytes[index] = 0xFF }
    if nibbleCount % 2 == 1 { bytes[nibbleCount / 2] |= 0x0F }
    return Self.key(bytes)
  }

  /// The digit at `index`, below `nibbleCount`.
  public func nibble(_ index: Int) -> Int {
    precondition(index < nibbleCount, "a digit of the prefix")
    return firstKey.nibble(index)
  }

  /// One digit more, 0 to 15; nil when there would be 64.
  public func appending(_ nibble: Int) -> NibblePrefix? {
    precondition((0..<16).contains(nibble), "a digit is 0 to 15")
    guard nibbleCount < Self.nibbleCountMax else { return nil }
    var bytes = firstKey.bytes
    bytes[nibbleCount / 2] |= UInt8(nibbleCount % 2 == 0 ? nibble << 4 : nibble)
    return NibblePrefix(nibbleCount: nibbleCount + 1, firstKey: Self.key(bytes))
  }

  /// Whether `key` begins with these digits.
  public func contains(_ key: RegisterKey) -> Bool { firstKey <= key && key <= lastKey }

  /// Whether `other` begins with these digits; every prefix is one of itself.
  public func isPrefix(of other: NibblePrefix) -> Bool {
    nibbleCount <= other.nibbleCount && contains(other.firstKey)
  }
}
