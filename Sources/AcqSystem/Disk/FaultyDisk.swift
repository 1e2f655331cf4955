import Glibc
import Synchronization

/// The program died here. Nothing catches it; a test opens a new store on the same files.
public struct DiskCrash: Error, CustomStringConvertible {
  /// The step at which it happened.
  public let step: DiskStep
  /// `crash at step n: …`.
  public var description: String { "crash at \(step)" }
}

/// One thing that was done to the medium.
public struct DiskStep: Hashable, Sendable, CustomStringConvertible {
  /// What kind of thing.
  public enum Kind: String, CaseIterable, Sendable {
    case create, write, sync, syncData, truncate, reserve, setPermissions, makeDirectory, rename, link, unlink
    case removeDirectory, syncDirectory, commit
  }
  /// Counted from 0.
  public let number: Int
  /// What was done.
  public let kind: Kind
  /// To what.
  public let path: String
  /// `step n: kind path`.
  public var description: String { "step \(number): \(kind.rawValue) \(path)" }
}

/// A disk for tests: it passes everything on, writes down each step, and fails or ends the program where it
/// is told to. After a crash `loseUnsynced` makes the medium what a power cut may leave.
public final class FaultyDisk: Disk {
  /// What happens, and when.
  public enum Fault: Hashable, Sendable {
    /// Nothing.
    case none
    /// The step with this number fails with this error number, and has no effect.
    case fail(step: Int, code: Int32)
    /// Every step of this kind fails.
    case failAll(DiskStep.Kind, code: Int32)
    /// The program dies just before the step.
    case crashBefore(step: Int)
    /// The program dies just after the step.
    case crashAfter(step: Int)
    /// A write (or commit) stops half-way through (a commit: before), and the program dies.
    case crashWithin(step: Int)
  }

  fileprivate struct State {
    var fault: Fault
    var steps: [DiskStep] = []
    var crash: DiskCrash?
    var unsynced = UnsyncedChanges()
  }

  private let base: any Disk
  private let keepsUnlinked: Bool
  private let state: Mutex<State>

  /// Wraps `base`. Without `keepsUnlinked` a removed file's space is free at once, and a power cut never brings its
  /// name back.
  public init(_ base: any Disk, fault: Fault = .none, keepsUnlinked: Bool = true) {
    self.base = base
    self.keepsUnlinked = keepsUnlinked
    state = Mutex(State(fault: fault))
  }

  /// What was done so far.
  public var steps: [DiskStep] { state.withLock { $0.steps } }
  /// Where it ended; nil while it runs.
  public var crash: DiskCrash? { state.withLock { $0.crash } }
  /// Another fault from now on; numbers count from the first step of this disk.
  public func setFault(_ fault: Fault) { state.withLock { $0.fault = fault } }

  /// Undoes, chosen by `random`, some of what was not synced: sectors of 512 bytes, sizes, and names (the
  /// latest first). Only after a crash.
  public func loseUnsynced(_ random: inout some RandomNumberGenerator) throws {
    let unsynced = state.withLock { state in
      precondition(state.crash != nil, "a medium loses what is not synced when its machine ends")
      defer { state.unsynced = UnsyncedChanges() }
      return state.unsynced
    }
    try unsynced.lose(on: base, &random)
  }

  // MARK: Disk

  /// As `Disk`.
  public func open(_ path: String, _ mode: FileDescriptor.Mode) throws -> any DiskFile {
    let makes =
      switch mode {
      case .read, .readWrite: false
      case .create: true
      case .createIfMissing, .append: try reading { try base.identity(path) } == nil
      }
    let file: any DiskFile
    if makes {
      file = try step(.create, path) {
        let file = try base.open(path, mode)
        note { $0.created(path, in: Files.directory(of: path)) }
        return file
      }
    } else {
      file = try reading { try base.open(path, mode) }
    }
    return FaultyFile(file, of: self)
  }

  /// As `Disk`.
  public func identity(_ path: String) throws -> FileIdentity? { try reading { try base.identity(path) } }
  /// As `Disk`.
  public func list(_ path: String) throws -> [String] { try reading { try base.list(path) } }
  /// As `Disk`.
  public func space(_ path: String) throws -> (freeBytes: UInt64, totalBytes: UInt64) {
    try reading { try base.space(path) }
  }

  /// As `Disk`.
  @discardableResult
  public func makeDirectory(_ path: String) throws -> Bool {
    try step(.makeDirectory, path) {
      let made = try base.makeDirectory(path)
      if made { note { $0.madeDirectory(path) } }
      return made
    }
  }

  /// As `Disk`.
  public func rename(_ from: String, to: String) throws {
    try step(.rename, "\(from) to \(to)") {
      try base.rename(from, to: to)
      note { $0.renamed(from, to: to) }
    }
  }

  /// As `Disk`.
  public func renameWithoutReplacing(_ from: String, to: String) throws {
    try step(.rename, "\(from) to \(to)") {
      try base.renameWithoutReplacing(from, to: to)
      note { $0.renamed(from, to: to) }
    }
  }

  /// As `Disk`.
  public func link(_ file: any DiskFile, to path: String) throws {
    guard let file = file as? FaultyFile else { preconditionFailure("a file of this disk") }
    try step(.link, path) {
      try base.link(file.base, to: path)
      note { $0.created(path, in: Files.directory(of: path)) }
    }
  }

  /// As `Disk`.
  @discardableResult
  public func unlink(_ path: String) throws -> Bool {
    let kept = keepsUnlinked ? try? base.open(path, .read) : nil
    // A grave keeps the inode of a last name: a power cut may bring it back. Below the root, where no store
    // looks.
    let grave = ".unlinked-\(state.withLock { $0.steps.count })"
    return try step(.unlink, path) {
      let isLast = try kept?.identity().linkCount == 1
      if isLast, let kept {
        try base.unlink(grave)  // An earlier disk on the same root may have left one.
        try base.link(kept, to: grave)
      }
      let removed = try base.unlink(path)
      if removed, let kept { note { $0.unlinked(path, kept, grave: isLast ? grave : nil) } }
      return removed
    }
  }

  /// As `Disk`.
  public func removeDirectory(_ path: String) throws {
    try step(.removeDirectory, path) { try base.removeDirectory(path) }
  }

  /// As `Disk`.
  public func syncDirectory(_ path: String) throws {
    try step(.syncDirectory, path) {
      try base.syncDirectory(path)
      let graves = state.withLock { $0.unsynced.syncedDirectory(path) }
      for grave in graves { try base.unlink(grave) }
    }
  }

  /// As `Disk`.
  public func commit(_ body: () throws -> Void) throws { try step(.commit, "") { try base.commit(body) } }

  // MARK: Faults

  fileprivate func note(_ change: (inout UnsyncedChanges) -> Void) { state.withLock { change(&$0.unsynced) } }

  fileprivate func reading<Value>(_ body: () throws -> Value) throws -> Value {
    if let crash { throw crash }
    return try body()
  }

  fileprivate enum Verdict { case go, fail(Int32), crash(DiskCrash), half(DiskCrash), last(DiskCrash) }

  /// Counts one step and does it, or what the fault says. `half` does half of it, where that means anything.
  fileprivate func step<Value>(
    _ kind: DiskStep.Kind, _ path: String, half: () throws -> Void = {}, _ body: () throws -> Value
  ) throws -> Value {
    switch state.withLock({ $0.judge(kind, path) }) {
    case .go: return try body()
    case .fail(let code): throw Errno(code: code, call: kind.rawValue, path: path)
    case .crash(let crash): throw crash
    case .half(let crash):
      try half()
      throw crash
    case .last(let crash):
      _ = try body()
      throw crash
    }
  }
}

extension FaultyDisk.State {
  fileprivate mutating func judge(_ kind: DiskStep.Kind, _ path: String) -> FaultyDisk.Verdict {
    if let crash { return .crash(crash) }
    let step = DiskStep(number: steps.count, kind: kind, path: path)
    steps.append(step)
    let dying = DiskCrash(step: step)
    switch fault {
    case .fail(step.number, let code): return .fail(code)
    case .failAll(kind, let code): return .fail(code)
    case .crashBefore(step.number):
      crash = dying
      return .crash(dying)
    case .crashWithin(step.number):
      crash = dying
      return .half(dying)
    case .crashAfter(step.number):
      crash = dying
      return .last(dying)
    case .none, .fail, .failAll, .crashBefore, .crashWithin, .crashAfter: return .go
    }
  }
}

/// A file of a `FaultyDisk`.
private final class FaultyFile: DiskFile {
  let base: any DiskFile
  private let disk: FaultyDisk

  init(_ base: any DiskFile, of disk: FaultyDisk) {
    self.base = base
    self.disk = disk
  }

  var path: String { base.path }
  func identity() throws -> FileIdentity { try disk.reading { try base.identity() } }
  func read(at offset: UInt64, count: Int) throws -> [UInt8] {
    try disk.reading { try base.read(at: offset, count: count) }
  }
  func write(_ bytes: ArraySlice<UInt8>, at offset: UInt64) throws {
    let change = try UnsyncedChanges.Write(base, offset: offset, count: bytes.count)
    let half = bytes.prefix(bytes.count / 2)
    disk.note { $0.wrote(change) }
    try disk.step(.write, path, half: { try base.write(half, at: offset) }) {
      try base.write(bytes, at: offset)
    }
  }
  func sync() throws {
    try disk.step(.sync, path) {
      try base.sync()
      let identity = try base.identity()
      disk.note { $0.synced(identity) }
    }
  }
  func syncData() throws {
    try disk.step(.syncData, path) {
      try base.syncData()
      let identity = try base.identity()
      disk.note { $0.synced(identity) }
    }
  }
  func truncate(to sizeBytes: UInt64) throws {
    try disk.step(.truncate, path) { try base.truncate(to: sizeBytes) }
  }
  func reserve(_ sizeBytes: UInt64) throws {
    try disk.step(.reserve, path) { try base.reserve(sizeBytes) }
  }
  func setPermissions(_ permissions: UInt32) throws {
    try disk.step(.setPermissions, path) { try base.setPermissions(permissions) }
  }
  func dropFromCache() { base.dropFromCache() }
  func writers() -> Writers { base.writers() }
}
