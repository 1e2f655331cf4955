import AcqCompression

/// Unpacks chunks: checks what they claim before anything is allocated, and what came out before it is believed.
final class ChunkExpander {
  private let recordBytesMax: Int
  private var zstd: ZstdDecompressor?
  private var lz4: LZ4Decompressor?

  init(recordBytesMax: Int) { self.recordBytesMax = recordBytesMax }

  /// The records of a whole chunk, at `offset`. Uncompressed ones are a view of the chunk itself.
  func expand(_ chunk: Chunk, at offset: UInt64) throws(MCAPError) -> ArraySlice<UInt8> {
    guard chunk.uncompressedSize <= UInt64(recordBytesMax) else {
      throw MCAPError(
        .limit,
        "a chunk claims to unpack to \(chunk.uncompressedSize) bytes, the limit is \(recordBytesMax),",
        offset: offset)
    }
    let records = try unpack(chunk, size: Int(chunk.uncompressedSize), at: offset)
    if chunk.uncompressedCRC != 0 && CRC32Fast.update(0, records) != chunk.uncompressedCRC {
      throw MCAPError(.damaged, "a chunk fails its checksum", offset: offset)
    }
    return records
  }

  private func unpack(_ chunk: Chunk, size: Int, at offset: UInt64) throws(MCAPError) -> ArraySlice<UInt8> {
    do throws(CompressionError) {
      switch chunk.compression {
      case "": return chunk.records
      case "zstd": return try makeZstd().decompress(chunk.records, uncompressedSize: size)[...]
      case "lz4": return try makeLZ4().decompress(chunk.records, uncompressedSize: size)[...]
      default: break
      }
    } catch {
      throw MCAPError(.damaged, "a chunk does not unpack (\(error))", offset: offset)
    }
    let name = String(chunk.compression.prefix(32))
    throw MCAPError(.unsupported, "a chunk has unknown compression \"\(name)\"", offset: offset)
  }

  /// What can be read of a chunk that the recording breaks off in. No checksum can vouch for it, but the bytes
  /// themselves are whole: what is missing is behind them.
  func salvage(_ chunk: Chunk) -> ArraySlice<UInt8> {
    let limit = Int(min(chunk.uncompressedSize, UInt64(recordBytesMax)))
    switch chunk.compression {
    case "": return chunk.records.prefix(recordBytesMax)
    case "zstd":
      guard let zstd = try? makeZstd() else { return [] }
      return zstd.decompressPrefix(chunk.records, limit: limit)[...]
    case "lz4":
      guard let lz4 = try? makeLZ4() else { return [] }
      return lz4.decompressPrefix(chunk.records, limit: limit)[...]
    default: return []
    }
  }

  private func makeZstd() throws(CompressionError) -> ZstdDecompressor {
    if let zstd { return zstd }
    let made = try ZstdDecompressor()
    zstd = made
    return made
  }

  private func makeLZ4() throws(CompressionError) -> LZ4Decompressor {
    if let lz4 { return lz4 }
    let made = try LZ4Decompressor()
    lz4 = made
    return made
  }
}
