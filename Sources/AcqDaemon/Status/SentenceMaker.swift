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

  private func gapSentence() -> String {
    let sealed = input.view.recordings.count
    if own.role == .car {
      let open = judged.first { gaps[$0.id]?.isEmpty == false }
      guard let open, let missing = gaps[open.id] else { return carIsSafe(sealed) }
      if judged.contains(where: { gaps[$0.id]?.isEmpty == true }) { return carIsSafe(sealed) }
      if input.links[open.id]?.isLive != true {
        return
          "Keep the car on or come back into range: \(amount(missing)) not yet on \(open.name)\(since(open))."
      }
      return "Wait: \(amount(missing)) still to go to \(open.name)\(estimate(missing, rate: 0))."
    }
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
      return "\(all(sealed, "here", isFirst: true)); \(mine.count) not yet in the catalog\(reason)"
    }
    let behind = judged.filter { $0.id != own.id && gaps[$0.id]?.isEmpty == false }
    let parts = behind.map { "\($0.name) lacks \(amount(gaps[$0.id] ?? []))\(since($0))" }
    return "Everything known is here (\(Amount.recordings(sealed))); \(parts.joined(separator: "; "))."
  }

  private func carIsSafe(_ sealed: Int) -> String {
    let safe = judged.filter { gaps[$0.id]?.isEmpty == true }.map(\.name).joined(separator: " and ")
    let verified = judged.compactMap { input.view.receipts[$0.id]?.asOfMs }.max()
    let when = verified.flatMap { $0 > 0 ? ", verified \(input.clockText($0))" : nil } ?? ""
    if let open = input.localFiles.first(where: { !$0.isRefused && $0.sizeBytes > 0 }) {
      return
        "Wait: \(open.name) is \(open.reason); \(all(sealed, "on \(safe)", before: " before it"))."
    }
    return "You may switch the car off: \(all(sealed, "on \(safe)"))\(when)."
  }

  private func inSyncSentence() -> String {
    let sealed = input.view.recordings.count
    if own.role == .car {
      return sealed == 0 && input.localFiles.isEmpty ? "No recordings yet." : carIsSafe(sealed)
    }
    if sealed == 0 { return "Ready: no recordings are known yet." }
    let names = judged.filter { $0.id != own.id }.map(\.name)
    let others = names.isEmpty ? "" : ", and on \(names.joined(separator: " and "))"
    let catalog = own.role == .cloud ? " and in the catalog" : ""
    return "\(all(sealed, "here", isFirst: true))\(catalog)\(others)."
  }

  /// `all 12 recordings are on base`, `the one recording is on base`.
  private func all(_ count: Int, _ place: String, before: String = "", isFirst: Bool = false) -> String {
    let subject =
      count == 1
      ? "\(isFirst ? "The" : "the") one recording\(before) is"
      : "\(isFirst ? "All" : "all") \(Amount.recordings(count))\(before) are"
    return "\(subject) \(place)"
  }

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
    return "Cannot tell: \(known)everything was in sync (\(Amount.recordings(input.view.recordings.count)))."
  }

  private func cannotTellSentence() -> String {
    let last = input.links.values.compactMap(\.lastContactMs).max()
    guard let last else {
      let peers = input.view.members.values.filter { $0.id != own.id && $0.isAccepted }
      if peers.isEmpty { return "Cannot tell: no other node is trusted yet (acqd trust CARD)." }
      return "Cannot tell: no contact with anyone since this node started."
    }
    let alone = input.view.recordings.keys.filter { input.view.holders(of: $0).count < 2 }.count
    let rest =
      alone == 0 ? "then everything was in sync" : "then \(Amount.recordings(alone)) were nowhere else"
    return "Cannot tell: no contact since \(input.clockText(last)); \(rest)."
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
