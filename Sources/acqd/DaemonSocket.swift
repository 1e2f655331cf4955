import AcqCore
import AcqDaemon
import AcqHTTP
import AcqSystem

/// The daemon that runs on a state directory, asked through its Unix socket.
struct DaemonSocket {
  private let path: String

  /// A person waits at the terminal; the daemon answers these from memory.
  private static let timeoutSeconds = 10
  private static let answerBytesMax = 1 << 20

  /// The socket of the daemon on `state`.
  init(state: String) { path = state + "/acqd.sock" }

  /// Why a running daemon did not do what it was asked.
  struct Refused: Error, CustomStringConvertible, Hinted {
    let description: String
    let hint: String?
  }

  /// Asks the daemon to reread its peers; false when none is running.
  func reload() throws -> Bool {
    try ask { client throws(HTTPError) in
      try client.post(
        "/api/v1/reload", timeoutSeconds: Self.timeoutSeconds, limitBytes: Self.answerBytesMax)
    } != nil
  }

  /// The unknown keys that tried to connect; nil when no daemon is running.
  func pending() throws -> [PendingPeers.Entry]? {
    let body = try ask { client throws(HTTPError) in
      try client.get(
        "/api/v1/pending", timeoutSeconds: Self.timeoutSeconds, limitBytes: Self.answerBytesMax)
    }
    guard let body else { return nil }
    guard let answer = try? JSON(parsing: body), let entries = PendingPeers.entries(answer) else {
      throw Refused(description: "the daemon's answer makes no sense", hint: "is it another version?")
    }
    return entries
  }

  /// The answer's body, nil when nobody listens.
  private func ask(_ request: (HTTPClient) throws(HTTPError) -> HTTPClient.Response) throws -> [UInt8]? {
    guard Files.exists(path) else { return nil }
    let response: HTTPClient.Response
    do throws(HTTPError) {
      response = try request(HTTPClient(unixSocket: path))
    } catch {
      // A daemon that was killed leaves its socket behind.
      if error.kind == .unreachable { return nil }
      throw Refused(description: "the daemon at \(path) does not answer: \(error.reason)", hint: nil)
    }
    guard (200..<300).contains(response.status) else {
      let problem = try? JSON(parsing: response.body)
      let reason = problem?["detail"]?.string ?? problem?["title"]?.string ?? "status \(response.status)"
      throw Refused(
        description: "the running daemon refused: \(SystemLog.escape(reason))",
        hint: "what was written stays; the daemon goes on with what it knew before")
    }
    return response.body
  }
}
