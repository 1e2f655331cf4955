/// What a record is (MCAP specification, Opcodes).
enum Opcode {
  static let header: UInt8 = 0x01
  static let footer: UInt8 = 0x02
  static let schema: UInt8 = 0x03
  static let channel: UInt8 = 0x04
  static let message: UInt8 = 0x05
  static let chunk: UInt8 = 0x06
  static let messageIndex: UInt8 = 0x07
  static let chunkIndex: UInt8 = 0x08
  static let attachment: UInt8 = 0x09
  static let attachmentIndex: UInt8 = 0x0A
  static let statistics: UInt8 = 0x0B
  static let metadata: UInt8 = 0x0C
  static let metadataIndex: UInt8 = 0x0D
  static let summaryOffset: UInt8 = 0x0E
  static let dataEnd: UInt8 = 0x0F
}

/// The first and last eight bytes of every MCAP file.
let magic: [UInt8] = [0x89, 0x4D, 0x43, 0x41, 0x50, 0x30, 0x0D, 0x0A]

/// Opcode and length: what stands before every record's body.
let frameBytes = 9

/// Channel id, sequence and both times: what stands before every message's data.
let messageHeadBytes = 22
