package import AcqCore
import AcqPages
import AcqReplication

/// Makes the status report from what is known (protocol §13). Pure.
package struct StatusMaker {
  private let input: StatusInput
  private let view: TeamView
  private let own: Member
  private let gaps: [NodeID: [Gap]]

  /// From everything that is known.
  package init(_ input: StatusInput) {
    self.input = input
    view = input.view
    own = view.members[view.own] ?? Member(id: view.own, name: view.own.short, role: .car, isAccepted: true)
    gaps = view.members.filter(\.value.isAccepted).mapValues { input.view.gaps(of: $0.id) }
  }

  /// The whole report.
  package func report() -> StatusReport {
    let others = view.members.values.filter { $0.id != own.id && $0.isAccepted }
      .sorted { ($0.role.rawValue, $0.name) < ($1.role.rawValue, $1.name) }
    let rows = [row(own)] + others.map(row)
    let state = state
    return StatusReport(
      node: rows[0], state: state,
      sentence: SentenceMaker(input, own: own, gaps: gaps, state: state).sentence(),
      nodes: rows, recordings: recordings(), alarms: input.alarms + lostAlarms(), nowMs: input.nowMs)
  }

  private var state: StatusReport.State {
    if input.isDiskFull { return .diskFull }
    if gaps.values.contains(where: { !$0.isEmpty }) || input.unsealedFile != nil { return .gaps }
    // A car whose recordings nobody wants has no gaps, and is not safe.
    let isWanted = view.members.values.contains { $0.isAccepted && TeamView.wantsRecordings($0.role) }
    return input.isFresh && (isWanted || view.recordings.isEmpty) ? .inSync : .cannotTell
  }

  private func row(_ member: Member) -> StatusReport.Node {
    let receipts = view.receipts[member.id] ?? Receipts()
    let missing = (gaps[member.id] ?? []).filter { !$0.isOnlyUncatalogued }
    let isOwn = member.id == own.id
    let link = input.links[member.id]
    return StatusReport.Node(
      id: member.id, name: member.name, role: member.role, held: receipts.held.count,
      freed: receipts.freed.count, missing: missing.count,
      missingBytes: missing.reduce(0) { $0 + $1.sizeBytes },
      sinceMs: missing.isEmpty ? nil : input.gapSinceMs[member.id],
      lastContactMs: isOwn ? input.nowMs : link?.lastContactMs ?? heardMs(receipts),
      link: linkText(link, isOwn: isOwn))
  }

  private func heardMs(_ receipts: Receipts) -> UInt64? { receipts.asOfMs == 0 ? nil : receipts.asOfMs }

  private func linkText(_ link: StatusInput.Link?, isOwn: Bool) -> String? {
    guard !isOwn, let link else { return nil }
    guard link.isLive else { return "no session" }
    var parts = [link.isInSync ? "in session, statements equal" : "in session, comparing"]
    if let roundTrip = link.roundTripMs { parts.append("round trip \(Amount.milliseconds(roundTrip))") }
    if link.bytesPerSecond >= 1 { parts.append("\(Amount.bytes(UInt64(link.bytesPerSecond)))/s coming in") }
    return parts.joined(separator: ", ")
  }

  private func lostAlarms() -> [String] {
    let lost = view.recordings.keys.filter { view.isLost($0) }.sorted()
    guard let first = lost.first else { return [] }
    let name = view.stated(first)?.body.name ?? first.short
    return ["\(Amount.recordings(lost.count)) lost: held by nobody, for example \(name)"]
  }

  // MARK: - Recordings

  private func recordings() -> [StatusReport.Recording] {
    let stated = view.recordings.keys.compactMap { id in view.stated(id).map { (id: id, stated: $0) } }
      .sorted { ($0.stated.sequence, $0.id) > ($1.stated.sequence, $1.id) }
    return input.localFiles.map(localRow) + stated.map { recordingRow($0.id, $0.stated) }
  }

  private func localRow(_ file: StatusInput.LocalFile) -> StatusReport.Recording {
    StatusReport.Recording(
      id: nil, name: file.name, origin: own.name, sizeBytes: file.sizeBytes, reason: file.reason)
  }

  private func recordingRow(_ id: ContentID, _ stated: StatedRecording) -> StatusReport.Recording {
    let holders = view.holders(of: id)
    let offset = view.clockOffsetMs(of: id)
    let isCatalogued = holders.contains {
      $0.role == .cloud && view.receipts[$0.id]?.catalogued.contains(id) == true
    }
    var row = StatusReport.Recording(
      id: id, name: stated.body.name, origin: view.members[stated.origin]?.name ?? stated.origin.short,
      sizeBytes: stated.body.sizeBytes,
      startNs: stated.body.startNs.map { ClockOffset.apply(offset, to: $0) },
      isTimeCorrected: offset != nil, isCutOff: stated.body.isCutOff, isSealed: true,
      isOnBase: holders.contains { $0.role == .base }, isOnCloud: holders.contains { $0.role == .cloud },
      isCatalogued: isCatalogued)
    row.reason = reason(id, row, holders)
    return row
  }

  private func reason(_ id: ContentID, _ row: StatusReport.Recording, _ holders: [Member]) -> String? {
    if view.isLost(id) { return "lost: nobody holds it" }
    let missing = gaps.filter { pair in pair.value.contains { $0.id == id } }.keys.compactMap {
      view.members[$0]
    }
    .sorted { ($0.role.rawValue, $0.name) < ($1.role.rawValue, $1.name) }
    guard let first = missing.first else {
      return row.isOnBase || row.isOnCloud || own.role != .car ? nil : "no base or cloud is trusted yet"
    }
    if holders.contains(first) { return catalogReason(id, first) }
    if first.id == own.id { return pullReason(id, row, holders) }
    if let link = input.links[first.id], link.isLive { return "\(first.name) is fetching it" }
    if let lastMs = input.links[first.id]?.lastContactMs {
      return "waiting: no contact with \(first.name) since \(input.clockText(lastMs))"
    }
    return "waiting: \(first.name) has not fetched it"
  }

  private func catalogReason(_ id: ContentID, _ cloud: Member) -> String {
    guard cloud.id == own.id else { return "not yet in the catalog of \(cloud.name)" }
    return input.ingestFailures[id] ?? input.catalogReason ?? "waiting to be catalogued"
  }

  private func pullReason(_ id: ContentID, _ row: StatusReport.Recording, _ holders: [Member]) -> String {
    if input.isDiskFull { return "waiting: disk full" }
    if let progress = input.progress[id], let peer = progress.peer {
      let percent = row.sizeBytes == 0 ? 100 : Int(progress.verifiedBytes * 100 / row.sizeBytes)
      return "arriving from \(view.members[peer]?.name ?? peer.short): \(percent) %"
    }
    if holders.contains(where: { input.links[$0.id]?.isLive == true }) { return "queued" }
    let names = holders.map(\.name).joined(separator: ", ")
    return "waiting: no contact with \(names.isEmpty ? "anyone who holds it" : names)"
  }
}
