import AcqCompression
import AcqCore
import MCAP

/// Folds messages into one number that a judge in another language can compute.
struct Checksum {
  private(set) var value: UInt32 = 0

  mutating func add(_ view: MessageView) {
    var bytes = ByteWriter()
    bytes.write(text: view.channel.topic)
    bytes.writeLittleEndian(view.logTimeNs)
    bytes.writeLittleEndian(view.publishTimeNs)
    bytes.writeLittleEndian(view.sequence)
    value = CRC32Fast.update(CRC32Fast.update(value, bytes.bytes), view.data)
  }
}
