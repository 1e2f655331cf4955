import AcqCore
import AcqCrypto
import AcqReplication
import AcqStore
import AcqSystem
import AcqWire

/// The block that a connection is sending, between two of its parts.
struct ServedBlock {
  /// Raw bytes sent before control frames may slip in again.
  static let partBytes = 4 * Limits.dataPayloadMax
  fileprivate var request: BlockRequest?
  fileprivate var sentBytes = 0
  fileprivate var content: ContentID?
  fileprivate var source: StoredObject?
}

/// Answers requests for maps and blocks from the store.
final class RecordingServer: Sendable {
  /// Hashes in one MAP frame.
  private static let hashesPerFrame = (Limits.frameBodyMax - 8) / 32
  private let store: DirectoryStore
  /// Called when a recording turns out to be changed or unreadable: its receipt must go at once.
  private let onBroken: @Sendable (ContentID, String) -> Void

  init(store: DirectoryStore, onBroken: @escaping @Sendable (ContentID, String) -> Void) {
    self.store = store
    self.onBroken = onBroken
  }

  /// The map of a held recording in order, then END.
  func mapMessages(_ id: ContentID, requestID: UInt32) -> [Message] {
    do {
      guard let map = try heldMap(id) else { return [.end(requestID: requestID, .notHeld)] }
      var messages: [Message] = []
      for first in stride(from: 0, to: map.blocks.count, by: Self.hashesPerFrame) {
        let hashes = Array(map.blocks[first..<min(map.blocks.count, first + Self.hashesPerFrame)])
        messages.append(.map(requestID: requestID, first: UInt32(first), hashes))
      }
      return messages + [.end(requestID: requestID, .ok)]
    } catch { return [.end(requestID: requestID, .inputOutput)] }
  }

  /// The next DATA frames of a block, with END when it is over.
  func nextPart(of request: BlockRequest, _ pending: inout ServedBlock) -> [Message] {
    if pending.request != request {
      pending.request = request
      pending.sentBytes = 0
    }
    let id = ContentID(sameBytesAs: request.subject)
    do {
      let source = try open(id, &pending)
      let left = Int(request.length) - pending.sentBytes
      let start =
        UInt64(request.block) * UInt64(Limits.blockBytes) + UInt64(request.offset) + UInt64(pending.sentBytes)
      let count = min(left, ServedBlock.partBytes)
      guard start + UInt64(count) <= source.sizeBytes else {
        return [.end(requestID: request.requestID, .limit)]
      }
      let bytes = try source.read(at: start, count: count)
      // The same test after reading: a recorder's file can be edited in place on a car.
      guard bytes.count == count else { return broken(id, request, "it is shorter than stated", &pending) }
      try source.checkUnchanged()
      var messages = frames(bytes, request, sentBytes: pending.sentBytes)
      pending.sentBytes += count
      if pending.sentBytes == Int(request.length) {
        pending.request = nil
        messages.append(.end(requestID: request.requestID, .ok))
      }
      return messages
    } catch let error as StoreError where error.kind == .notHeld {
      return [.end(requestID: request.requestID, .notHeld)]
    } catch let error as StoreError where error.kind == .changed || error.kind == .missing {
      return broken(id, request, error.description, &pending)
    } catch {
      pending = ServedBlock()
      return [.end(requestID: request.requestID, .inputOutput)]
    }
  }

  /// The map of a recording that is held.
  private func heldMap(_ id: ContentID) throws -> BlockMap? {
    try store.database.object(id) == nil ? nil : try store.database.map(id)
  }

  private func open(_ id: ContentID, _ pending: inout ServedBlock) throws -> StoredObject {
    if pending.content == id, let source = pending.source { return source }
    let source = try store.openObject(id)
    pending.content = id
    pending.source = source
    return source
  }

  private func frames(_ bytes: [UInt8], _ request: BlockRequest, sentBytes: Int) -> [Message] {
    stride(from: 0, to: bytes.count, by: Limits.dataPayloadMax).map { start in
      let payload = bytes[start..<min(bytes.count, start + Limits.dataPayloadMax)]
      let offset = UInt32(Int(request.offset) + sentBytes + start)
      return .data(
        DataHeader(requestID: request.requestID, offset: offset, rawLength: UInt32(payload.count)),
        payload: payload)
    }
  }

  private func broken(
    _ id: ContentID, _ request: BlockRequest, _ reason: String, _ pending: inout ServedBlock
  ) -> [Message] {
    pending = ServedBlock()
    onBroken(id, reason)
    return [.end(requestID: request.requestID, .changed)]
  }
}
