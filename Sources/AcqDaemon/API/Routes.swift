import AcqCore
import AcqCrypto
import AcqHTTP
import AcqPages
import AcqReplication

/// Which request gets which answer.
struct Routes: Sendable {
  private let status: StatusCollector
  private let recordings: RecordingsAPI?
  private let reload: @Sendable () throws -> Void
  private let pending: @Sendable () -> [PendingPeers.Entry]
  private let configuration: Configuration
  private let role: Role
  private let name: String
  private let log: Log

  init(daemon: Daemon) {
    status = daemon.status
    recordings = daemon.roleParts.recordings
    // The daemon owns the server that owns these routes: it is stopped before it goes.
    reload = { [weak daemon] in try daemon?.reload() }
    pending = { [weak daemon] in daemon?.links.pending ?? [] }
    configuration = daemon.configuration
    role = daemon.key.role
    name = daemon.card.name
    log = daemon.log
  }

  /// The answer.
  func answer(_ request: HTTPRequest) -> HTTPResponse {
    let path = request.path.split(separator: "/", omittingEmptySubsequences: true).map(String.init)
    if path == ["healthz"] { return .text(200, "ok\n") }
    guard mayRead(request) else {
      return .problem(
        403, "Not for this address", "Reading is open to http.readers of the configuration only.")
    }
    if path == ["api", "v1", "reload"] { return reload(request) }
    // A browser asks before a page of another origin may read a recording: Foxglove, opening it by its address.
    if request.method == "OPTIONS", path.last?.hasSuffix(".mcap") == true { return .crossOriginPreflight }
    guard request.method == "GET" || request.method == "HEAD" else {
      return .problem(
        405, "Method not allowed", "\(request.method) is not for \(request.path).",
        headers: [("Allow", "GET, HEAD")])
    }
    return get(path, request)
  }

  private func get(_ path: [String], _ request: HTTPRequest) -> HTTPResponse {
    if path.first == "assets", let bytes = Assets.bytes(at: request.path) {
      return .asset(bytes, contentType: "text/css; charset=utf-8")
    }
    switch path {
    case [] where recordings == nil, ["status"]: return statusPage()
    case []: return recordings?.page(request, nodeName: name) ?? notFound(request)
    case ["api", "v1", "status"]: return .json(200, StatusJSON.encode(status.report()))
    case ["api", "v1", "pending"]: return pendingList()
    case ["api", "v1", "recordings"]: return recordings?.list(request) ?? notFound(request)
    case _: return recording(path, request)
    }
  }

  private func recording(_ path: [String], _ request: HTTPRequest) -> HTTPResponse {
    guard let recordings, let last = path.last else { return notFound(request) }
    if path.count == 4, path[..<3] == ["api", "v1", "recordings"] {
      return ContentID(hex: last).map(recordings.one) ?? badID(last)
    }
    guard path.count == 2, path[0] == "recordings", let dot = last.lastIndex(of: ".") else {
      return notFound(request)
    }
    guard let id = ContentID(hex: last[..<dot]) else { return badID(String(last[..<dot])) }
    switch last[dot...] {
    case ".mcap": return recordings.download(id)
    case ".mat": return recordings.mat(id, request)
    case _: return notFound(request)
    }
  }

  private func statusPage() -> HTTPResponse {
    let page = StatusPage.render(
      status.report(), clockText: LocalClock.text, dayText: LocalClock.dayText,
      listLink: recordings == nil ? nil : "/")
    return .html(200, page)
  }

  private func reload(_ request: HTTPRequest) -> HTTPResponse {
    guard request.isLocalSocket else {
      return .problem(
        403, "Only on this machine", "Cards are read again by SIGHUP or over <state>/acqd.sock.")
    }
    guard request.method == "POST" else {
      return .problem(405, "Method not allowed", "Use POST.", headers: [("Allow", "POST")])
    }
    do {
      try reload()
      return .json(200, .members(["reloaded": .bool(true)]))
    } catch { return .problem(409, "Cards could not be read", "\(error)") }
  }

  private func pendingList() -> HTTPResponse {
    .json(
      200,
      .members([
        "pending": .array(
          pending().map { entry in
            .members([
              "fingerprint": .string(entry.fingerprint), "address": .string(entry.address),
              "seenMs": .string(String(entry.seenMs)),
            ])
          })
      ]))
  }

  /// Whether the address may read (product, "HTTP exposure"). The Unix socket is the machine's own people.
  private func mayRead(_ request: HTTPRequest) -> Bool {
    if request.isLocalSocket { return true }
    let client = request.client(trustedProxies: configuration.http.trustedProxies)
    return client?.lies(in: configuration.http.readers) ?? false
  }

  private func badID(_ text: String) -> HTTPResponse {
    .problem(400, "Not a content id", "\(text) is not 64 hexadecimal digits (the SHA-256 of a recording).")
  }

  private func notFound(_ request: HTTPRequest) -> HTTPResponse {
    .problem(404, "No such page", "There is nothing at \(request.path).")
  }
}
