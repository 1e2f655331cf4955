import AcqCore
import AcqPages
import AcqReplication

/// The first line of every status: a sentence that a tired person can act on (product, "status page").
struct SentenceMaker {
  private let input: StatusInput
  private let own: Member
  private let gaps: [NodeID: [Gap]]
  private let state: StatusReport.State

  init(_ input: StatusInput, own: Member, gaps: [NodeID: [Gap]], state: StatusReport.State) {
    self.input = input
    self.own = own
    self.gaps = gaps
    self.state = state
  }

  func sentence() -> String {
    if input.isOffline { return offlineSentence() }
    switch state {
    case .diskFull:
      let missing = gaps[own.id] ?? []
      return "Disk full on \(own.name): pulls pause until space is freed; \(amount(missing)) still to come."
    case .gaps: return gapSentence()
    case .inSync: return inSyncSentence()
    case .cannotTell: return cannotTellSentence()
    }
  }

  /// Nodes of this node's team that would have to hold everything for it to be safe: the next rank up for a car.
  private var judged: [Member] {
    let members = input.view.members.values.filter { $0.isAccepted && TeamView.wantsRecordings($0.role) }
    let bases = members.filter { $0.role == .base }
    let chosen = own.role == .car && !bases.isEmpty ? bases : members
    return chosen.sorted { ($0.role.rawValue, $0.name) < ($1.role.rawValue, $1.name) }
  }

  private func amount(_ gaps: [Gap]) -> String {
    "\(Amount.recordings(gaps.count)), \(Amount.bytes(gaps.reduce(0) { $0 + $1.sizeBytes }))"
  }

  // MARK: - A car: may it be switched off?

  /// What a node lacks that is on this car: another car's recordings are no reason to keep this one on.
  private func missing(on member: Member) -> [Gap] {
    (gaps[member.id] ?? []).filter { input.view.holds(own.id, $0.id) }
  }

  private func carSentence() -> String {
    let held = input.view.recordings.keys.count { input.view.holds(own.id, $0) }
    if judged.isEmpty { return held == 0 && input.unsealedFile == nil ? noneYet : Self.nobodySentence }
    let safe = judged.filter { missing(on: $0).isEmpty }
    guard safe.isEmpty, let open = judged.first else { return carIsSafe(held, on: safe) }
    let left = missing(on: open)
    if input.links[open.id]?.isLive == true { return "Wait: \(amount(left)) still to go to \(open.name)." }
    return "Keep the car on or come back into range: \(amount(left)) not yet on \(open.name)\(since(open))."
  }

  private func carIsSafe(_ held: Int, on safe: [Member]) -> String {
    if let file = input.unsealedFile {
      let wait = "Wait for \(file.name) (\(file.reason))"
      return held == 0 ? "\(wait)." : "\(wait); \(whereAll(held, safe))."
    }
    if held == 0 { return noneYet }
    let verifiedMs = safe.compactMap { input.view.receipts[$0.id]?.asOfMs }.max() ?? 0
    let when = verifiedMs > 0 ? ", verified \(input.clockText(verifiedMs))" : ""
    return "You may switch the car off: \(whereAll(held, safe))\(when)."
  }

  private func whereAll(_ held: Int, _ safe: [Member]) -> String {
    "\(all(held)) on \(safe.map(\.name).joined(separator: " and "))"
  }

  private func all(_ count: Int, _ word: String = "all") -> String {
    count == 1
      ? (word == "all" ? "the one recording is" : "The one recording is") : "\(word) \(count) recordings are"
  }

  private var noneYet: String { "No recordings yet." }

  // MARK: - Base and cloud

  private func gapSentence() -> String {
    if own.role == .car { return carSentence() }
    let sealed = input.view.recordings.count
    let mine = gaps[own.id] ?? []
    let pulled = mine.filter { !$0.isOnlyUncatalogued }
    if !pulled.isEmpty {
      let rate = input.links.values.reduce(0) { $0 + $1.bytesPerSecond }
      guard input.links.values.contains(where: \.isLive) else {
        return "Waiting for a link: \(amount(pulled)) still to come to \(own.name)\(since(nil))."
      }
      return "Wait: \(amount(pulled)) still to come to \(own.name)\(estimate(pulled, rate: rate))."
    }
    if !mine.isEmpty {
      let reason = input.catalogReason.map { ": \($0)" } ?? "."
      return "\(all(sealed, "All")) here; \(mine.count) not yet in the catalog\(reason)"
    }
    let behind = judged.filter { $0.id != own.id && gaps[$0.id]?.isEmpty == false }
    let parts = behind.map { "\($0.name) lacks \(amount(gaps[$0.id] ?? []))\(since($0))" }
    return "Everything known is here (\(Amount.recordings(sealed))); \(parts.joined(separator: "; "))."
  }

  private func inSyncSentence() -> String {
    if own.role == .car { return carSentence() }
    let sealed = input.view.recordings.count
    if sealed == 0 { return "Ready: no recordings are known yet." }
    let names = judged.filter { $0.id != own.id }.map(\.name)
    let others = names.isEmpty ? "" : ", and on \(names.joined(separator: " and "))"
    let catalog = own.role == .cloud ? " and in the catalog" : ""
    return "\(all(sealed, "All")) here\(catalog)\(others)."
  }

  // MARK: - Without word of the others

  /// Nothing moves while the daemon does not run, and what it knew may be old.
  private func offlineSentence() -> String {
    let known = "acqd does not run on \(own.name); when it stopped, "
    let missing = gaps[own.id] ?? []
    if !missing.isEmpty {
      return "Start acqd \(own.role.name): \(known)\(amount(missing)) were still to come."
    }
    let behind = judged.filter { gaps[$0.id]?.isEmpty == false }
    guard behind.isEmpty else {
      let parts = behind.map { "\($0.name) lacked \(amount(gaps[$0.id] ?? []))" }
      return "Start acqd \(own.role.name): \(known)\(parts.joined(separator: "; "))."
    }
    if input.view.recordings.isEmpty { return "Cannot tell: \(known)no recordings were known." }
    return "Cannot tell: \(known)\(whatWasKnown)."
  }

  private func cannotTellSentence() -> String {
    let last = input.links.values.compactMap(\.lastContactMs).max()
    guard let last else {
      let peers = input.view.members.values.filter { $0.id != own.id && $0.isAccepted }
      if peers.isEmpty { return "Cannot tell: no other node is trusted yet (acqd trust CARD)." }
      return "Cannot tell: no contact with anyone since this node started."
    }
    if judged.isEmpty { return Self.nobodySentence }
    return "Cannot tell: no contact since \(input.clockText(last)); then \(whatWasKnown)."
  }

  private static let nobodySentence =
    "Cannot tell: no base or cloud is trusted yet, so nothing is safe (acqd trust CARD)."

  /// What the last word of everyone amounts to. Without gaps there may still be recordings of which there is one copy.
  private var whatWasKnown: String {
    let alone = input.view.recordings.keys.filter { input.view.holders(of: $0).count < 2 }.count
    guard alone > 0 else { return "everything was in sync" }
    return "\(Amount.recordings(alone)) \(alone == 1 ? "was" : "were") nowhere else"
  }

  private func since(_ member: Member?) -> String {
    if let member, input.links[member.id]?.isLive == true { return "" }
    let moment =
      member.map { input.links[$0.id]?.lastContactMs } ?? input.links.values.compactMap(\.lastContactMs).max()
    return moment.map { " (no contact since \(input.clockText($0)))" } ?? " (no contact yet)"
  }

  private func estimate(_ gaps: [Gap], rate: Double) -> String {
    guard rate >= 1 else { return "" }
    return ", about \(Amount.duration(seconds: Double(gaps.reduce(0) { $0 + $1.sizeBytes }) / rate))"
  }
}
