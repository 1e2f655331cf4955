extension [UInt8] {
  /// Appends one record whose body `write` appends.
  mutating func appendRecord(_ opcode: UInt8, _ write: (inout [UInt8]) -> Void) {
    append(opcode)
    let lengthIndex = count
    append(littleEndian: UInt64(0))
    write(&self)
    let length = UInt64(count - lengthIndex - 8)
    for index in 0..<8 { self[lengthIndex + index] = UInt8(truncatingIfNeeded: length >> (8 * index)) }
  }

  mutating func append(text: String) {
    append(littleEndian: UInt32(text.utf8.count))
    append(contentsOf: text.utf8)
  }

  /// Appends a map or array with its size in bytes before it.
  mutating func appendNested(_ write: (inout [UInt8]) -> Void) {
    var nested: [UInt8] = []
    write(&nested)
    append(littleEndian: UInt32(nested.count))
    append(contentsOf: nested)
  }

  mutating func append(fields: [MetadataField]) {
    appendNested { map in
      for field in fields {
        map.append(text: field.key)
        map.append(text: field.value)
      }
    }
  }

  mutating func append(_ header: Header) {
    appendRecord(Opcode.header) { body in
      body.append(text: header.profile)
      body.append(text: header.library)
    }
  }

  mutating func append(_ schema: Schema) {
    appendRecord(Opcode.schema) { body in
      body.append(littleEndian: schema.id)
      body.append(text: schema.name)
      body.append(text: schema.encoding)
      body.append(littleEndian: UInt32(schema.data.count))
      body.append(contentsOf: schema.data)
    }
  }

  mutating func append(_ channel: Channel) {
    appendRecord(Opcode.channel) { body in
      body.append(littleEndian: channel.id)
      body.append(littleEndian: channel.schemaID)
      body.append(text: channel.topic)
      body.append(text: channel.messageEncoding)
      body.append(fields: channel.metadata)
    }
  }

  mutating func append(_ message: Message) {
    append(Opcode.message)
    append(littleEndian: UInt64(messageHeadBytes + message.data.count))
    append(littleEndian: message.channelID)
    append(littleEndian: message.sequence)
    append(littleEndian: message.logTimeNs)
    append(littleEndian: message.publishTimeNs)
    append(contentsOf: message.data)
  }

  mutating func append(_ index: MessageIndex) {
    appendRecord(Opcode.messageIndex) { body in
      body.append(littleEndian: index.channelID)
      body.append(littleEndian: UInt32(index.entries.count * 16))
      for entry in index.entries {
        body.append(littleEndian: entry.logTimeNs)
        body.append(littleEndian: entry.offset)
      }
    }
  }

  mutating func append(_ index: ChunkIndex) {
    appendRecord(Opcode.chunkIndex) { body in
      body.append(littleEndian: index.startNs)
      body.append(littleEndian: index.endNs)
      body.append(littleEndian: index.chunkOffset)
      body.append(littleEndian: index.chunkLength)
      body.appendNested { map in
        for entry in index.messageIndexOffsets {
          map.append(littleEndian: entry.channelID)
          map.append(littleEndian: entry.offset)
        }
      }
      body.append(littleEndian: index.messageIndexLength)
      body.append(text: index.compression)
      body.append(littleEndian: index.compressedSize)
      body.append(littleEndian: index.uncompressedSize)
    }
  }

  mutating func append(_ index: AttachmentIndex) {
    appendRecord(Opcode.attachmentIndex) { body in
      body.append(littleEndian: index.offset)
      body.append(littleEndian: index.length)
      body.append(littleEndian: index.logTimeNs)
      body.append(littleEndian: index.createTimeNs)
      body.append(littleEndian: index.dataSize)
      body.append(text: index.name)
      body.append(text: index.mediaType)
    }
  }

  mutating func append(_ statistics: Statistics) {
    appendRecord(Opcode.statistics) { body in
      body.append(littleEndian: statistics.messageCount)
      body.append(littleEndian: statistics.schemaCount)
      body.append(littleEndian: statistics.channelCount)
      body.append(littleEndian: statistics.attachmentCount)
      body.append(littleEndian: statistics.metadataCount)
      body.append(littleEndian: statistics.chunkCount)
      body.append(littleEndian: statistics.startNs)
      body.append(littleEndian: statistics.endNs)
      body.appendNested { map in
        for entry in statistics.channelMessageCounts {
          map.append(littleEndian: entry.channelID)
          map.append(littleEndian: entry.count)
        }
      }
    }
  }

  mutating func append(_ metadata: Metadata) {
    appendRecord(Opcode.metadata) { body in
      body.append(text: metadata.name)
      body.append(fields: metadata.fields)
    }
  }

  mutating func append(_ index: MetadataIndex) {
    appendRecord(Opcode.metadataIndex) { body in
      body.append(littleEndian: index.offset)
      body.append(littleEndian: index.length)
      body.append(text: index.name)
    }
  }

  mutating func append(_ offset: SummaryOffset) {
    appendRecord(Opcode.summaryOffset) { body in
      body.append(offset.groupOpcode)
      body.append(littleEndian: offset.groupStart)
      body.append(littleEndian: offset.groupLength)
    }
  }
}
