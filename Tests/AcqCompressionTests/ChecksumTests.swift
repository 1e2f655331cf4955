import AcqCompression
import Testing

@Test("the check value of CRC-32 comes out, whole, in parts and from nothing")
func crc32() {
  let bytes = Array("123456789".utf8)
  #expect(CRC32Fast.update(0, bytes) == 0xCBF4_3926)
  #expect(CRC32Fast.update(CRC32Fast.update(0, bytes[..<4]), bytes[4...]) == 0xCBF4_3926)
  #expect(CRC32Fast.update(0, []) == 0)
  #expect(CRC32Fast.update(77, []) == 77)
}
