/// What the first bytes of a file say about it.
public enum RecordingKind: Hashable, Sendable {
  /// Begins with MCAP's magic, or ends inside it.
  case mcap
  /// Has no byte.
  case empty
  /// Its first eight bytes are zero: lost in a power cut.
  case headLost
  /// Something else; the reason names what it begins with.
  case notMCAP(reason: String)

  /// Judges the first eight bytes of a file, or all it has.
  public init(firstBytes: ArraySlice<UInt8>) {
    let first = firstBytes.prefix(magic.count)
    if first.isEmpty {
      self = .empty
    } else if magic.starts(with: first) {
      self = .mcap
    } else if first.allSatisfy({ $0 == 0 }) {
      self = .headLost
    } else if first.starts(with: magic[..<5]) {
      self = .notMCAP(reason: "MCAP of a version that we do not read")
    } else {
      let digits = Array("0123456789abcdef")
      let text = first.map { "\(digits[Int($0 >> 4)])\(digits[Int($0 & 15)])" }.joined(separator: " ")
      // People know many formats by their first letters: PNG, Rar, PK, ELF.
      let letters = first.map { (0x21...0x7E).contains($0) ? String(UnicodeScalar($0)) : "." }.joined()
      self = .notMCAP(reason: "not an MCAP file: it begins with \(letters) (\(text))")
    }
  }
}
