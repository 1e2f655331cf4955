import AcqCore
import AcqCrypto
import AcqDaemon
import AcqSystem

/// What `acqd demo` was asked to do.
struct DemoOptions {
  /// Recordings to show; nil: simulated ones.
  var data: String?
  /// End after everything arrived, was hashed and exported; else run until interrupted.
  var isOnce = false
  /// Catalog of the cloud: `sqlite` or a MongoDB connection string.
  var catalog = "sqlite"
  /// A MongoDB-compatible server to start for the cloud's catalog; nil: none is started.
  var mongoServer: String?
  /// Keep the directory of the three nodes after the end.
  var isKept = false
  /// How long all of `--once` may take.
  var timeLimit = Duration.seconds(600)
}

/// One of the three nodes of the demo.
struct DemoNode {
  let role: Role
  let state: String
  let replicationPort: UInt16
  let httpPort: UInt16

  var name: String { "demo-\(role.name)" }
  var socketPath: String { "\(state)/acqd.sock" }
  var configurationPath: String { "\(state).yaml" }
  /// The address of its page.
  var page: String { "http://127.0.0.1:\(httpPort)/" }
  /// Where the demo's recorder writes.
  var incoming: String { "\(state)/incoming" }
}

/// Keys, cards, trust and configuration of three nodes on loopback, in a directory of their own.
struct DemoTeam {
  let directory: String
  let nodes: [DemoNode]

  /// The node of a role.
  func node(_ role: Role) -> DemoNode {
    guard let node = nodes.first(where: { $0.role == role }) else {
      preconditionFailure("the demo has every role")
    }
    return node
  }

  /// Makes everything that three daemons need, with the default ports where they are free.
  init(directory: String, catalog: String) throws {
    self.directory = directory
    nodes = try Role.allCases.map { role in
      DemoNode(
        role: role, state: "\(directory)/\(role.name)",
        replicationPort: try Self.freePort(role.replicationPort),
        httpPort: try Self.freePort(role.httpPort))
    }
    var cards: [Role: String] = [:]
    for node in nodes {
      try Files.makeDirectories(node.state, permissions: 0o700)
      cards[node.role] = try KeyFile.create(role: node.role, name: node.name, state: node.state).line
    }
    for node in nodes {
      for other in nodes where other.role != node.role {
        guard let line = cards[other.role] else { continue }
        try trust(line, of: other, by: node)
      }
      try write(node, catalog: catalog)
    }
    try Files.makeDirectories(node(.car).incoming)
  }

  /// Car and base dial each other, both dial the cloud; the cloud dials nobody.
  private func trust(_ line: String, of other: DemoNode, by node: DemoNode) throws {
    let isDialled = node.role != .cloud && (node.role == .base || other.role == .base)
    let addresses = isDialled ? [Endpoint(host: "127.0.0.1", port: other.replicationPort)] : []
    try PeerBook.trust(
      [try Card(parsing: line)],
      PeerBook.Details(addresses: addresses, isIntermittent: node.role == .base && other.role == .car),
      state: node.state)
  }

  private func write(_ node: DemoNode, catalog: String) throws {
    var lines = [
      "state: \"\(node.state)\"", "listen: \"127.0.0.1:\(node.replicationPort)\"",
      "http: {listen: \"127.0.0.1:\(node.httpPort)\"}", "min_free: 100 MB",
    ]
    if node.role == .car { lines.append("recorder: {directory: \"\(node.incoming)\"}") }
    if node.role == .cloud { lines.append("catalog: \"\(catalog)\"") }
    try Files.writeAtomically(
      Array((lines.joined(separator: "\n") + "\n").utf8), to: node.configurationPath, permissions: 0o600)
  }

  /// The preferred port, or any free one when somebody listens there.
  private static func freePort(_ preferred: UInt16) throws -> UInt16 {
    if let listener = try? Listener(host: "127.0.0.1", port: preferred) {
      listener.stop()
      return preferred
    }
    let listener = try Listener(host: "127.0.0.1", port: 0)
    defer { listener.stop() }
    return listener.port
  }
}
