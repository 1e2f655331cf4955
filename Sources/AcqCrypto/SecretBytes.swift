import CSodium

/// Secret bytes in memory of their own: locked against swapping, between guard pages, read-only once written,
/// zeroed when the last reference goes.
package final class SecretBytes: @unchecked Sendable {
  // Proof for Sendable: the memory is written only in init, before anyone else can see it.
  private let memory: UnsafeMutableRawPointer
  package let count: Int

  /// `count` bytes, written once by `fill`.
  package init<Failure: Error>(
    count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    Sodium.start()
    guard let memory = sodium_malloc(count) else { preconditionFailure("no memory for a secret") }
    self.memory = memory
    self.count = count
    // SAFETY: sodium_malloc gave `count` bytes that this object owns until deinit.
    try fill(UnsafeMutableRawBufferPointer(start: memory, count: count))
    precondition(sodium_mprotect_readonly(memory) == 0, "a secret can be made read-only")
  }

  /// A copy of `bytes`; the caller's own copy stays where it is.
  package convenience init(_ bytes: some Collection<UInt8>) {
    self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
  }

  // SAFETY: the memory came from sodium_malloc and nobody has it any more; sodium_free zeroes it.
  deinit { sodium_free(memory) }

  /// The bytes, for the length of `body`; they must not be kept.
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the memory lives as long as self does, which outlives the call.
    let result = try body(UnsafeRawBufferPointer(start: memory, count: count))
    return withExtendedLifetime(self) { result }
  }
}
