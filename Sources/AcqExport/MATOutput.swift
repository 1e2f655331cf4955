import AcqCore
import AcqSignals

/// Writes a file's elements in order.
struct MATOutput<Sink: ByteSink> {
  private(set) var sink: Sink

  init(_ sink: Sink) { self.sink = sink }

  mutating func write(_ bytes: [UInt8]) throws(ExportError) {
    do { try sink.write(bytes) } catch { throw ExportError(.sink, "the file could not be written: \(error)") }
  }

  /// Compresses and writes a variable that is in memory.
  mutating func writeVariable(_ variable: [UInt8], _ space: SpillSpace, _ monitor: JobMonitor)
    throws(ExportError)
  {
    let deflater = try VariableDeflater(space, monitor)
    try deflater.write(variable)
    try writeCompressed(try deflater.finish(), space, monitor)
  }

  /// Writes a compressed variable with its size before it.
  mutating func writeCompressed(_ compressed: ByteStream, _ space: SpillSpace, _ monitor: JobMonitor)
    throws(ExportError)
  {
    try write(
      MATFormat.little(MATFormat.DataType.compressed.rawValue) + MATFormat.little(UInt32(compressed.count)))
    var reader = ByteStreamReader(compressed, in: space)
    var left = compressed.count
    while left > 0 {
      let part = min(left, 256 << 10)
      let bytes = try scratched { () throws(SignalError) in try reader.read(part) }
      try write(bytes)
      try monitor.work(part)
      left -= part
    }
  }
}
