import AcqCore

/// Passes bytes on; when power is to be cut, one write late, so that the last one can be torn.
struct PowerSwitch<Sink: ByteSink>: ByteSink {
  private(set) var sink: Sink
  private let holdsLastWrite: Bool
  private var held: [UInt8] = []

  init(_ sink: Sink, holdsLastWrite: Bool) {
    self.sink = sink
    self.holdsLastWrite = holdsLastWrite
  }

  mutating func write(_ bytes: ArraySlice<UInt8>) throws {
    guard holdsLastWrite else { return try sink.write(bytes) }
    try sink.write(held)
    held = Array(bytes)
  }

  /// Tears the last write: three fifths of it arrive.
  mutating func cut() throws {
    try sink.write(held[..<(held.count * 3 / 5)])
    held = []
  }
}
