public import AcqCore
import COpenSSL

/// SHA-256 by OpenSSL's EVP, which uses the processor's own instructions. Can be used again after `finalize`.
public struct SHA256: ~Copyable, @unchecked Sendable {
  // Proof of Sendable: the context has one owner at a time, because the value cannot be copied.
  /// Fetched once: looking the algorithm up for each hash costs more than hashing a kilobyte.
  /// The object is never changed or freed, so every thread may read it.
  private nonisolated(unsafe) static let algorithm: OpaquePointer = {
    guard let algorithm = EVP_MD_fetch(nil, "SHA256", nil) else { preconditionFailure("OpenSSL has SHA-256") }
    return algorithm
  }()

  private let context: OpaquePointer

  /// The hash of nothing yet.
  public init() {
    guard let context = EVP_MD_CTX_new() else { preconditionFailure("no memory for a hash context") }
    self.context = context
    start()
  }

  deinit { EVP_MD_CTX_free(context) }

  private func start() {
    precondition(EVP_DigestInit_ex2(context, Self.algorithm, nil) == 1, "SHA-256 can be started")
  }

  /// Feeds raw memory.
  mutating func update(_ bytes: UnsafeRawBufferPointer) {
    // SAFETY: the pointer is the caller's for this call; OpenSSL reads `count` bytes of it and keeps none.
    precondition(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1, "SHA-256 takes bytes")
  }

  /// Feeds `bytes`.
  public mutating func update(_ bytes: ArraySlice<UInt8>) { bytes.withUnsafeBytes { update($0) } }

  /// Feeds `bytes`.
  public mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

  // Inlinable like its siblings below: generic code that is not specialised for its subject costs 2 µs a call.
  /// Feeds the 32 bytes of a digest.
  @inlinable public mutating func update<Subject>(_ digest: Digest<Subject>) {
    update(
      words: (
        Self.word(0, of: digest), Self.word(1, of: digest), Self.word(2, of: digest), Self.word(3, of: digest)
      ))
  }

  /// Eight bytes of a digest, most significant byte first.
  @inlinable static func word<Subject>(_ index: Int, of digest: Digest<Subject>) -> UInt64 {
    (8 * index..<8 * index + 8).reduce(0) { $0 << 8 | UInt64(digest[$1]) }
  }

  /// Feeds four words, most significant byte first.
  @usableFromInline mutating func update(words: (UInt64, UInt64, UInt64, UInt64)) {
    let bytes = (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
    withUnsafeBytes(of: bytes) { update($0) }
  }

  /// Feeds an integer, most significant byte first.
  public mutating func updateBigEndian(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.bigEndian) { update($0) }
  }

  /// The hash of everything fed; begins again with nothing.
  public mutating func finalize() -> [UInt8] {
    [UInt8](count: 32) { finalize(into: $0) }
  }

  /// The hash of everything fed, as a name of `Subject`; begins again with nothing.
  @inlinable public mutating func finalize<Subject>(as _: Digest<Subject>.Type) -> Digest<Subject> {
    guard let digest = Digest<Subject>(finalize()) else { preconditionFailure("SHA-256 gives 32 bytes") }
    return digest
  }

  private mutating func finalize(into buffer: UnsafeMutableRawBufferPointer) {
    precondition(buffer.count >= 32, "SHA-256 needs room for 32 bytes")
    var count: UInt32 = 0
    // SAFETY: the buffer has room for the 32 bytes that SHA-256 writes.
    let done = EVP_DigestFinal_ex(context, buffer.octets, &count)
    precondition(done == 1 && count == 32, "SHA-256 gives 32 bytes")
    start()
  }

  /// The hash of `parts`, one after the other.
  @inlinable public static func hash<Subject>(_ parts: [UInt8]..., as _: Digest<Subject>.Type) -> Digest<
    Subject
  > {
    var hash = SHA256()
    for part in parts { hash.update(part) }
    return hash.finalize(as: Digest<Subject>.self)
  }

  /// The hash of `bytes`.
  public static func hash(_ bytes: [UInt8]) -> [UInt8] {
    var hash = SHA256()
    hash.update(bytes)
    return hash.finalize()
  }
}
