/// Which of a fixed number of things are there: bit i is bit i % 8, least significant first, of byte i / 8.
public struct Bitmap: Hashable, Sendable {
  /// Number of bits.
  public let count: Int
  /// The bits; bits beyond `count` are zero.
  public private(set) var bytes: [UInt8]
  /// How many bits are set.
  public private(set) var setCount: Int

  /// All clear.
  public init(count: Int) {
    precondition(count >= 0, "a count is not negative")
    self.count = count
    bytes = [UInt8](repeating: 0, count: (count + 7) / 8)
    setCount = 0
  }

  /// Nil unless there are as many bytes as `count` bits need and the bits beyond are zero.
  public init?(count: Int, bytes: [UInt8]) {
    guard bytes.count == (count + 7) / 8 else { return nil }
    if count % 8 != 0, let last = bytes.last, last >> UInt8(count % 8) != 0 { return nil }
    self.count = count
    self.bytes = bytes
    setCount = bytes.reduce(0) { $0 + $1.nonzeroBitCount }
  }

  /// Whether every bit is set.
  public var isFull: Bool { setCount == count }

  /// The bit at `index`.
  public subscript(index: Int) -> Bool {
    get {
      precondition(index >= 0 && index < count, "a bit of the bitmap")
      return bytes[index / 8] >> UInt8(index % 8) & 1 == 1
    }
    set {
      guard self[index] != newValue else { return }
      bytes[index / 8] ^= 1 << UInt8(index % 8)
      setCount += newValue ? 1 : -1
    }
  }

  /// The first clear bit at or after `index`; nil when there is none.
  public func firstClear(from index: Int = 0) -> Int? { (index..<max(index, count)).first { !self[$0] } }

  /// The runs of set bits, ascending.
  public var runs: [Range<Int>] {
    var runs: [Range<Int>] = []
    for index in 0..<count where self[index] {
      if let last = runs.last, last.upperBound == index {
        runs[runs.count - 1] = last.lowerBound..<index + 1
      } else {
        runs.append(index..<index + 1)
      }
    }
    return runs
  }
}
