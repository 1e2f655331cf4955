import AcqCore
import AcqReplication
import AcqSystem
import AcqWire

/// What waits to be sent over one session: small frames in order, and blocks by priority between them. Filled under the
/// engine's lock, so that frames leave in the order in which they were decided; emptied by the session's writer thread.
final class Outbox: Sendable {
  /// One thing to send, in order with the others.
  enum Item: Equatable, Sendable {
    /// A whole message.
    case message(Message)
    /// PING; the clocks are read when it is sent.
    case ping(id: UInt64)
    /// PONG to this PING.
    case pong(Ping)
    /// A STATEMENT for each register as it now is.
    case statements(requestID: UInt32, [StatementRef])
    /// The map of a recording, then END.
    case serveMap(requestID: UInt32, ContentID)
    /// END 4 for a served request that was cancelled.
    case cancelled(requestID: UInt32)
    /// CLOSE, and then nothing more.
    case close(CloseCode, String)
  }

  /// What the writer does next.
  enum Work: Sendable {
    /// Send these, in order.
    case items([Item])
    /// Go on with this block.
    case block(BlockRequest)
    /// Nothing more will come.
    case ended
    /// More waited than any peer that reads has waiting.
    case overflown
  }

  private struct State {
    var items: [Item] = []
    var blocks: [BlockRequest] = []
    /// What `items` take in memory, about.
    var waitingBytes = 0
    var isClosed = false
    var isOverflown = false
  }

  /// Items that wait may take so much memory. A peer that keeps the protocol asks for one level of a tree (half a
  /// MiB) and 256 statements at a time: more means that it asks and does not read.
  static let waitingBytesMax = 16 << 20

  private let state = Monitor(State())

  /// Adds an item at the end. After `end` nothing is taken any more.
  func add(_ item: Item) {
    state.change { state in
      guard !state.isClosed else { return }
      state.waitingBytes += item.memoryBytes
      if state.waitingBytes > Self.waitingBytesMax {
        state.isClosed = true
        state.isOverflown = true
        state.items.removeAll()
        state.blocks.removeAll()
        return
      }
      switch item {
      case .close: state.blocks.removeAll()
      case .cancelled(let requestID): state.blocks.removeAll { $0.requestID == requestID }
      case _: break
      }
      state.items.append(item)
    }
  }

  /// Adds a block to serve.
  func add(_ block: BlockRequest) {
    state.change { state in if !state.isClosed { state.blocks.append(block) } }
  }

  /// Whether the block was not cancelled meanwhile.
  func isWanted(_ block: BlockRequest) -> Bool { state.withLock { $0.blocks.contains(block) } }

  /// The block was served.
  func finish(_ block: BlockRequest) { state.withLock { $0.blocks.removeAll { $0 == block } } }

  /// No more is taken or given: the writer ends.
  func end() { state.change { $0.isClosed = true } }

  /// Waits for something to send: items before blocks, blocks by priority and then in the order asked.
  func next() -> Work {
    state.wait { state in
      if !state.items.isEmpty {
        defer {
          state.items.removeAll()
          state.waitingBytes = 0
        }
        return .items(state.items)
      }
      if state.isOverflown { return .overflown }
      if state.isClosed { return .ended }
      return state.blocks.enumerated().min {
        ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset)
      }
      .map { .block($0.element) }
    } ?? .ended
  }
}

extension Outbox.Item {
  /// What the item takes while it waits, about.
  var memoryBytes: Int {
    switch self {
    case .message(.treeNode): 1_024
    case .message(.roots(let roots)): 64 * roots.count + 128
    case .message(.statementGet(_, let hashes)): 32 * hashes.count + 128
    case .message(.treeGet(let request)): 40 * request.prefixes.count + 128
    case .statements(_, let references): 104 * references.count + 128
    case .message, .ping, .pong, .serveMap, .cancelled, .close: 128
    }
  }
}
