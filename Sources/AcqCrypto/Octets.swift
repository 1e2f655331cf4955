// What C wants of a Swift buffer: a pointer to bytes that is never nil.

extension UnsafeRawBufferPointer {
  /// The bytes, as C takes them. Only for buffers that are not empty.
  var octets: UnsafePointer<UInt8> {
    guard let base = baseAddress else { preconditionFailure("a key or digest is never empty") }
    // SAFETY: raw bytes may be read as bytes; the caller's buffer bounds them.
    return base.assumingMemoryBound(to: UInt8.self)
  }
}

extension UnsafeMutableRawBufferPointer {
  /// The bytes, as C takes them. Only for buffers that are not empty.
  var octets: UnsafeMutablePointer<UInt8> {
    guard let base = baseAddress else { preconditionFailure("a key or digest is never empty") }
    // SAFETY: raw bytes may be written as bytes; the caller's buffer bounds them.
    return base.assumingMemoryBound(to: UInt8.self)
  }
}

extension [UInt8] {
  /// An array of `count` bytes that `fill` writes, all of them.
  init<Failure: Error>(
    count: Int, filledBy fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
  ) throws(Failure) {
    var failure: Failure?
    self.init(unsafeUninitializedCapacity: count) { buffer, filled in
      // SAFETY: the buffer has room for `count` bytes, and `fill` is trusted to write each of them.
      do throws(Failure) {
        try fill(UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count]))
        filled = count
      } catch { failure = error }
    }
    if let failure { throw failure }
  }
}
