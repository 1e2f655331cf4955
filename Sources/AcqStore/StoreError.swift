public import AcqCore
import AcqDatabase
import AcqSystem

/// Why the store did not do what it was asked.
public struct StoreError: Error, CustomStringConvertible {
  /// What a program branches on.
  public enum Kind: Hashable, Sendable {
    /// The volume's marker file is missing: the medium is not mounted. Nothing is held until it returns.
    case volumeMissing
    /// objects/ belongs to another node.
    case foreignVolume
    /// The filesystem has no hard links or no fsync.
    case unsuitableFilesystem
    /// A path of the store is a symbolic link or not a directory.
    case planted
    /// There is no such object.
    case notHeld
    /// The object's file is gone.
    case missing
    /// The object's file is not what was verified: edited, replaced or damaged.
    case changed
    /// The claim was shown to be false: no bytes fit content id and block map.
    case quarantined
    /// The block map does not belong to the claim.
    case mapMismatch
    /// Another claim about the same content is being fetched.
    case busy
    /// Not all blocks are verified.
    case incomplete
    /// After reading back, these blocks were not on the medium; they were cleared and are to be fetched
    /// again.
    case wrongBlocks([Int])
    /// Bytes outside a block.
    case outOfRange
    /// Writing or syncing failed before; the part is of no use until it is staged again, which reads it anew.
    case failed
    /// The medium is full.
    case noSpace
    /// Reading, writing or syncing the medium failed.
    case media
    /// node.db failed, or holds what it cannot.
    case database
    /// The name cannot be given in recordings/.
    case tree
    /// Somebody ended the work.
    case cancelled
  }
  /// What went wrong.
  public let kind: Kind
  /// One line for people.
  public let reason: String
  /// The recording that it was about.
  public let recording: ContentID?
  /// What a person can do; nil when nothing.
  public let hint: String?
  /// What was thrown below.
  public let underlying: (any Error)?

  init(
    _ kind: Kind, _ reason: String, recording: ContentID? = nil, hint: String? = nil,
    underlying: (any Error)? = nil
  ) {
    self.kind = kind
    self.reason = reason
    self.recording = recording
    self.hint = hint
    self.underlying = underlying
  }

  /// Wraps what disk and database throw; anything else (a crash in a test) passes through untouched.
  static func wrap(_ error: any Error, recording: ContentID? = nil) -> any Error {
    switch error {
    case let error as Errno:
      StoreError(
        error.isNoSpace ? .noSpace : .media, error.description, recording: recording, underlying: error)
    case let error as DatabaseError:
      StoreError(
        error.isFull ? .noSpace : .database, error.description, recording: recording, underlying: error)
    default: error
    }
  }

  /// Whether trying again later, unchanged, can help.
  public var isTransient: Bool {
    switch kind {
    case .volumeMissing, .busy, .incomplete, .wrongBlocks, .failed, .noSpace, .media, .cancelled: true
    case .database: (underlying as? DatabaseError)?.isTransient ?? false
    case .foreignVolume, .unsuitableFilesystem, .planted, .notHeld, .missing, .changed, .quarantined,
      .mapMismatch, .outOfRange, .tree:
      false
    }
  }

  /// `store: reason`, in one line.
  public var description: String {
    "store: \(reason)" + (recording.map { " (recording \($0.short))" } ?? "")
  }
}

/// Runs `body` and gives its errors the store's form.
func storing<Value>(_ recording: ContentID? = nil, _ body: () throws -> Value) throws -> Value {
  do { return try body() } catch { throw StoreError.wrap(error, recording: recording) }
}

/// Whether an error, of disk, database or store, says that there is no room.
func isNoSpace(_ error: any Error) -> Bool {
  switch error {
  case let error as Errno: error.isNoSpace
  case let error as DatabaseError: error.isFull
  case let error as StoreError: error.kind == .noSpace
  default: false
  }
}
