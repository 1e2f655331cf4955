import AcqCore

/// The numbers of catching up. Tests shrink them, so that every limit is met with few statements.
package struct CatchUpRules: Sendable {
  /// How long nothing changes before a due ROOT is said.
  package var quiet = Duration.milliseconds(200)
  /// A ROOT is said this long after the last one, whatever happened; nil in tests: it would hide a deadlock.
  package var repeatAfter: Duration? = .seconds(60)
  /// A difference that lasts this long is answered although statements are still on their way: a peer that writes
  /// without a pause would hide a hole for ever.
  package var differenceMax = Duration.seconds(60)
  /// The longest that a request of step 3 may bring nothing: the peer's ROOT alone does not prove that it works.
  package var silenceMax = Duration.seconds(60)
  /// Statements since a mark that are pushed unasked.
  package var pushMax = Limits.catchUpPushMax
  /// Statements in one `sendStatements`: what the shell loads at once. The next one waits for `statementsSent`.
  package var batchMax = 256
  /// Prefixes in one TREE_GET.
  package var treeRequestsMax = Limits.treeRequestsMax
  /// Hashes in one STATEMENT_GET.
  package var statementRequestsMax = Limits.statementRequestsMax
  /// A walk that found so much stops to fetch it: what it remembers stays small.
  package var lackingMax = 4_096

  package init() {}
}
