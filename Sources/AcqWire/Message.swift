public import AcqCore

/// One frame of a session: everything that two nodes can say (protocol §3).
public enum Message: Equatable, Sendable {
  case hello(Hello)
  case ping(Ping)
  case pong(Ping)
  case close(CloseCode, text: String)
  case end(requestID: UInt32, EndStatus)
  case cancel(requestID: UInt32)
  /// `seen`: how many STATEMENT frames of this session the sender had dealt with when it took the root.
  case root(ManifestHash, seen: UInt64)
  /// Every accepted author, ascending; at most 512.
  case roots([AuthorRoot])
  case treeGet(TreeRequest)
  /// `index`: position of the prefix in TREE_GET.
  case treeNode(requestID: UInt32, index: UInt16, TreeNode)
  /// At most 256 hashes.
  case statementGet(requestID: UInt32, [StatementHash])
  /// `requestID` 0: pushed.
  case statement(requestID: UInt32, Statement)
  case mapGet(requestID: UInt32, ContentID)
  /// 1 to 2 047 block hashes from number `first` on.
  case map(requestID: UInt32, first: UInt32, [BlockHash])
  case blockGet(BlockRequest)
  case data(DataHeader, payload: ArraySlice<UInt8>)
  /// Ascending ranges that neither overlap nor touch.
  case have(ContentID, [BlockRange])
  case grow(Grow)
  /// A frame of an unknown type whose sender allows that it is passed over.
  case ignored(type: UInt8)

  /// What both sides must have offered for this message to be allowed; else the session closes with `protocol`.
  public var neededFeatures: Features {
    if case .grow = self { .grow } else { [] }
  }
}

/// The type bytes of frames.
enum FrameType: UInt8, CaseIterable {
  case hello = 0x01
  case ping = 0x02
  case pong = 0x03
  case close = 0x04
  case end = 0x05
  case cancel = 0x06
  case root = 0x10
  case roots = 0x11
  case treeGet = 0x12
  case treeNode = 0x13
  case statementGet = 0x14
  case statement = 0x15
  case mapGet = 0x20
  case map = 0x21
  case blockGet = 0x22
  case data = 0x23
  case have = 0x24
  case grow = 0x25

  /// Bit 7 of a frame's flags: a reader that does not know the type may pass the frame over.
  static let ignorableFlag: UInt8 = 0x80
  /// Bit 0 of DATA's flags: the payload is a zstd frame.
  static let compressedFlag: UInt8 = 0x01
}
