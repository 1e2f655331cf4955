import AcqCore

extension RecordSealer {
  /// Appends `messages`, in order, in as few records as hold them.
  public mutating func seal(_ messages: [Message], into output: inout [UInt8]) {
    var index = 0
    while index < messages.count {
      seal(into: &output) { output in
        let start = output.count
        while index < messages.count {
          let frameStart = output.count
          messages[index].append(to: &output)
          if output.count - start > Limits.recordPlaintextMax {
            output.removeSubrange(frameStart...)
            return
          }
          index += 1
        }
      }
    }
  }
}

extension RecordOpener {
  /// The messages of the record at `position`, and `position` behind it; nil when the record is not whole yet.
  /// DATA payloads are slices of `buffer`: as long as one is kept, changing `buffer` copies it.
  public mutating func nextMessages(
    in buffer: inout [UInt8], at position: inout Int
  ) throws(WireError) -> [Message]? {
    guard let plaintext = try openNext(in: &buffer, at: &position) else { return nil }
    return try Message.decodeAll(buffer[plaintext])
  }
}
