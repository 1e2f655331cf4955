public import AcqCore
import AcqCrypto
import AcqReplication
import AcqStore
import AcqSystem

/// The status of a node whose daemon does not run, from its state directory. Nothing is changed there.
public enum OfflineStatus {
  /// What the ledger says. Nobody was heard, so without gaps the state is "cannot tell".
  public static func report(state: String, team: [String], name: String?) throws -> StatusReport {
    let key = try KeyFile.load(state: state)
    let card = KeyFile.card(of: key, name: name, state: state)
    let book = try PeerBook.load(state: state, team: team, own: key.id)
    var view = TeamView(own: key.id, members: Daemon.members(card, book))
    let path = "\(state)/node.db"
    if Files.exists(path) {
      try NodeDatabase(reading: path).loadLedger { view.apply($0.statement) }
    }
    var input = StatusInput(view: view, nowMs: Clock.wallMs())
    input.clockText = LocalClock.text
    input.isOffline = true
    return StatusMaker(input).report()
  }
}
