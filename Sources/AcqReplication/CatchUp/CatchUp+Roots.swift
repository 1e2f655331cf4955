import AcqCore
import AcqWire

/// Steps 1, 2 and 5: comparing roots, pushing what is new, and saying ROOT.
extension CatchUp {
  mutating func hello(
    _ root: ManifestHash, manifest: inout Manifest, at now: Instant, _ actions: inout [Action]
  ) {
    heard = root
    toldAt = now
    changedAt = now
    if look(manifest: &manifest, &actions) { return }
    if let news = news(manifest) {
      outbox.push(news)
      outbox.pushRoot()
    } else if isDialler {
      showRoots(manifest: &manifest, at: now, &actions)
    }
  }

  /// What the peer may lack since the mark; nil without a usable mark, or when that is too much.
  private func news(_ manifest: Manifest) -> [StatementRef]? {
    // A mark beyond the own counter is from another life of this ledger.
    guard let mark, mark.counter <= manifest.storeCounter else { return nil }
    return manifest.stored(after: mark.counter, authors: mark.authors, notFrom: peer, limit: rules.pushMax)
  }

  mutating func hear(
    _ root: ManifestHash, seen peerSeen: UInt64, manifest: inout Manifest, at now: Instant,
    _ actions: inout [Action]
  ) {
    heard = root
    let isEqual = look(manifest: &manifest, &actions)
    differentSince = isEqual ? nil : differentSince ?? now
    if isBusy { return }
    // Statements on their way explain a difference: another ROOT follows when they were dealt with.
    let isExplained = outbox.hasStatements || peerSeen != sent
    let isLasting = differentSince.map { now - $0 >= rules.differenceMax } ?? false
    let isAnswered = !isEqual && (!isExplained || isLasting)
    if isAnswered && isDialler {
      showRoots(manifest: &manifest, at: now, &actions)
    } else if isAnswered || isRootDue(&manifest) {
      outbox.pushRoot()
    }
  }

  /// Is the peer's last root ours now? Then it has all that we have: mark.
  mutating func look(manifest: inout Manifest, _ actions: inout [Action]) -> Bool {
    isInSync = heard == manifest.root(of: common)
    let reached = Mark(counter: manifest.storeCounter, authors: common)
    if isInSync && mark != reached {
      mark = reached
      actions.append(.setMark(reached))
    }
    return isInSync
  }

  func isRootDue(_ manifest: inout Manifest) -> Bool {
    told != Told(root: manifest.root(of: common), seen: seen)
  }

  mutating func tick(manifest: inout Manifest, at now: Instant) throws(ReplicationError) {
    if isBusy {
      guard now - progressAt < rules.silenceMax else {
        throw ReplicationError(.silent, "no answer for \(Int(rules.silenceMax.inSeconds)) s")
      }
      return
    }
    if let pause = rules.repeatAfter, let toldAt, now - toldAt >= pause {
      outbox.pushRoot()
      return
    }
    guard let changedAt, now - changedAt >= rules.quiet else { return }
    if isRootDue(&manifest) { outbox.pushRoot() } else { self.changedAt = nil }
  }

  /// Says what waits, as far as the shell keeps up.
  mutating func say(manifest: inout Manifest, at now: Instant, _ actions: inout [Action]) {
    while true {
      // One batch at a time: then nothing is said in the wrong order even if the shell reports before it has carried
      // out all of one call's actions.
      let room = unsentCount == 0 ? rules.batchMax : 0
      guard let turn = outbox.next(limit: room, manifest: manifest) else { return }
      switch turn {
      case .statements(let statements):
        sent += UInt64(statements.count)
        unsentCount += statements.count
        actions.append(.sendStatements(statements, requestID: 0))
      case .root: if !isBusy { sayRoot(manifest: &manifest, at: now, &actions) }
      case .roots:
        showRoots(manifest: &manifest, at: now, &actions)
        meet(manifest: &manifest, &actions)
      }
    }
  }

  private mutating func sayRoot(manifest: inout Manifest, at now: Instant, _ actions: inout [Action]) {
    let root = manifest.root(of: common)
    told = Told(root: root, seen: seen)
    toldAt = now
    changedAt = nil
    _ = look(manifest: &manifest, &actions)
    actions.append(.send(.root(root, seen: seen)))
  }
}
