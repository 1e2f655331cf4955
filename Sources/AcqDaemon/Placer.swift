import AcqCore
import AcqReplication
import AcqStore
import AcqSystem

/// Gives held recordings their names for people: `recordings/<local day>/<name>`. The tree is derived; a failure is a
/// notice.
final class Placer: Sendable {
  private let store: DirectoryStore
  private let engine: Engine
  private let role: Role
  private let log: Log

  init(store: DirectoryStore, engine: Engine, role: Role, log: Log) {
    self.store = store
    self.engine = engine
    self.role = role
    self.log = log
  }

  /// Places recordings that are held. On a car they stay where the recorder wrote them.
  func place(_ ids: [ContentID]) {
    guard role != .car else { return }
    for id in ids {
      let (stated, offset) = engine.read { replica in
        (replica.view.stated(id), replica.view.clockOffsetMs(of: id))
      }
      guard let stated else { continue }
      do {
        try store.place(
          id, name: stated.body.name, folder: Self.folder(stated.body.startNs, offsetMs: offset))
      } catch {
        log.notice("a recording has no name below recordings/", [.recording: id.short, .reason: "\(error)"])
      }
    }
  }

  /// The corrected local day; `undated` for a clock that was never set.
  static func folder(_ startNs: UInt64?, offsetMs: Int64?) -> String {
    guard let startNs else { return "undated" }
    let corrected = ClockOffset.apply(offsetMs, to: startNs)
    let seconds = Int64(corrected / 1_000_000_000)
    guard seconds >= secondsOf1980 else { return "undated" }
    let local = seconds + Int64(Clock.localOffsetSeconds(atUnixSeconds: seconds))
    return UTCTime(nanoseconds: UInt64(local) * 1_000_000_000).dateText
  }

  /// Before 1980 there was no such recorder: the clock counts from its own beginning.
  private static let secondsOf1980: Int64 = 315_532_800
}
