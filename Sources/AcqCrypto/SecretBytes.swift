import CSodium

/// Secret bytes that nobody can change once they are written, and that are zeroed when the last reference goes.
package final class SecretBytes: @unchecked Sendable {
  // Proof for Sendable: the memory is written only in init, before anyone else can see it.
  private let memory: UnsafeMutableRawPointer
  private let isLocked: Bool
  /// How many; not 0.
  package let count: Int

  /// `count` bytes, all of them written by `fill`. Locked ones (16 µs) lie between guard pages in memory that is
  /// never swapped out and can no longer be written; the others are for what lives as long as a handshake.
  package init<Failure: Error>(
    count: Int, isLocked: Bool = false, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    precondition(count > 0, "a secret is not empty")
    Sodium.start()
    self.count = count
    self.isLocked = isLocked
    if isLocked {
      guard let memory = sodium_malloc(count) else { preconditionFailure("no memory for a secret") }
      self.memory = memory
    } else {
      memory = .allocate(byteCount: count, alignment: 16)
    }
    // SAFETY: either call gave `count` bytes that this object owns until deinit.
    try fill(UnsafeMutableRawBufferPointer(start: memory, count: count))
    if isLocked { precondition(sodium_mprotect_readonly(memory) == 0, "a secret can be made read-only") }
  }

  /// A copy of `bytes`; the caller's own copy stays where it is.
  package convenience init(_ bytes: some Collection<UInt8>, isLocked: Bool = false) {
    self.init(count: bytes.count, isLocked: isLocked) { $0.copyBytes(from: bytes) }
  }

  deinit {
    if isLocked {
      // SAFETY: the memory came from sodium_malloc and nobody has it any more; sodium_free zeroes it.
      sodium_free(memory)
    } else {
      // SAFETY: the memory holds `count` bytes that nobody has any more.
      sodium_memzero(memory, count)
      memory.deallocate()
    }
  }

  /// The bytes, for the length of `body`; they must not be kept.
  package func withBytes<Result, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    // SAFETY: the memory lives as long as self does, which outlives the call.
    let result = try body(UnsafeRawBufferPointer(start: memory, count: count))
    return withExtendedLifetime(self) { result }
  }
}
