import AcqCore
import AcqCrypto
import AcqDaemon
import AcqSystem

/// `acqd trust` and `acqd untrust`.
enum TrustCommands {
  static let trust = Command(
    CommandSpec(
      name: "trust", summary: "accept the nodes of these cards", operands: "CARD|FILE|NAME...",
      operandCount: 0...1024,
      options: [
        OptionSpec("addr", .text, "HOST:PORT", "where it may be dialled", isRepeatable: true),
        OptionSpec.flag("intermittent", "it comes and goes: dial it for ever, twice a second"),
        OptionSpec.flag("pending", "show the unknown keys that tried to connect"),
      ] + StateOptions.specs,
      details: """
        A card is the line that acqd keygen and acqd id print on that node. A file holds one card a line. A name is
        that of a node whose card is here already: another address, or trust after acqd untrust.

          acqd trust 'acqd1 car-1 car AXY...' --addr 192.168.1.5:7461 --intermittent
          acqd trust team.cards
          acqd trust car-1 --addr 192.168.1.5
        """)
  ) { arguments, program in
    let options = try StateOptions.find(arguments, program)
    if arguments.has("pending") { return try showPending(options.state, program) }
    let cards = try cards(arguments.operands, options)
    let addresses = try addresses(arguments, cards)
    let details = PeerBook.Details(
      addresses: addresses, isIntermittent: arguments.has("intermittent") ? true : nil)
    let own = try ownID(options.state)
    let peers = try PeerBook.trust(
      cards, details, state: options.state, team: options.team, own: own)
    for peer in peers {
      program.write("\(peer.name) (\(peer.card.role.name) \(peer.id.short)) is trusted\n")
    }
    try reload(options.state, program)
    return ExitStatus.success
  }

  static let untrust = Command(
    CommandSpec(
      name: "untrust", summary: "take the trust back; the card is kept", operands: "NAME...",
      operandCount: 1...1024, options: StateOptions.specs,
      details: """
        Sessions with the node end, nothing more is taken from it, and its receipts stop counting at once.
        acqd trust gives the trust back.
        """)
  ) { arguments, program in
    let options = try StateOptions.find(arguments, program)
    let own = try ownID(options.state)
    for name in arguments.operands {
      try PeerBook.untrust(name, state: options.state, team: options.team, own: own)
      program.write("\(name) is no longer trusted\n")
    }
    try reload(options.state, program)
    return ExitStatus.success
  }

  private static func reload(_ state: String, _ program: Program) throws {
    if try DaemonSocket(state: state).reload() { program.write("the running daemon has reread its peers\n") }
  }

  private static func showPending(_ state: String, _ program: Program) throws -> Int32 {
    guard let entries = try DaemonSocket(state: state).pending() else {
      throw DaemonSocket.Refused(
        description: "no daemon is running on \(state); only a running one knows who tried to connect",
        hint: nil)
    }
    if entries.isEmpty { program.write("no unknown key tried to connect\n") }
    let nowMs = Clock.wallMs()
    for entry in entries.reversed() {
      let minutes = (nowMs - min(nowMs, entry.seenMs)) / 60_000
      let address = SystemLog.escape(entry.address)
      program.write("\(SystemLog.escape(entry.fingerprint))  \(address)  \(minutes) min ago\n")
    }
    if !entries.isEmpty {
      program.writeError("compare with `acqd id --long` on that node, then trust its card (`acqd id`)\n")
    }
    return ExitStatus.success
  }

  /// Cards as words (`acqd1 NAME ROLE KEYS`, quoted or not), names of nodes that are known here, and files.
  private static func cards(_ operands: [String], _ options: StateOptions) throws -> [Card] {
    guard !operands.isEmpty else {
      throw UsageError("acqd trust needs CARD|FILE|NAME... or --pending", hint: "acqd trust --help")
    }
    let known = try PeerBook.load(state: options.state, team: options.team).peers
    var cards: [Card] = []
    var index = 0
    while index < operands.count {
      let operand = operands[index]
      if operand == "acqd1" {
        // A card without quotation marks arrives as four words.
        let words = operands[index...].prefix(4)
        cards.append(try Card(parsing: words.joined(separator: " ")))
        index += words.count
        continue
      }
      index += 1
      if operand.hasPrefix("acqd1 ") {
        cards.append(try Card(parsing: operand))
      } else if let peer = known.first(where: { $0.name == operand }) {
        cards.append(peer.card)
      } else if Files.exists(operand) {
        cards += try PeerBook.cards(operand)
      } else {
        throw UsageError("\(operand) is no card, no file, and no node whose card is here")
      }
    }
    return cards
  }

  private static func addresses(_ arguments: Arguments, _ cards: [Card]) throws -> [Endpoint]? {
    guard let texts = arguments.texts("addr") else { return nil }
    guard cards.count == 1 else { throw UsageError("--addr is for one card; there are \(cards.count)") }
    guard texts.count <= Peer.addressCountMax else {
      throw UsageError("--addr: at most \(Peer.addressCountMax) addresses")
    }
    return try texts.map { text in
      let port = cards[0].role.replicationPort
      guard let endpoint = Endpoint(text, defaultPort: port), !endpoint.isWildcard, endpoint.port != 0 else {
        throw UsageError("--addr: `\(text)` is not HOST:PORT or [IPV6]:PORT")
      }
      return endpoint
    }
  }

  /// The node's own id, so that its card in a team's file is not taken for a peer; nil before `acqd keygen`.
  private static func ownID(_ state: String) throws -> NodeID? {
    do {
      return try KeyFile.load(state: state).id
    } catch {
      if error.kind == .unknown { return nil }
      throw error
    }
  }
}
