public import AcqCore
import AcqSystem
import Synchronization

/// Where a server listens.
public enum HTTPEndpoint: Hashable, Sendable {
  /// A TCP port; nil or `*` for all addresses; port 0 for any free one.
  case tcp(host: String?, port: UInt16)
  /// A Unix socket, mode 0660; a socket that a dead process left there is replaced.
  case unix(path: String)
}

/// An HTTP/1.1 server over libmicrohttpd: a thread for each connection, the handler called on it.
public final class HTTPServer: Sendable {
  private struct Running {
    var daemons: [(daemon: HTTPDaemon, listener: Listener)] = []
    var ports: [UInt16] = []
    var deadlines: AcqSystem.Thread?
  }

  private let endpoints: [HTTPEndpoint]
  private let state = Mutex(Running())
  private let service: Service

  /// A server that is not started. `admit` decides at accept, by address alone; the Unix socket is always admitted.
  public init(
    endpoints: [HTTPEndpoint], admit: @escaping @Sendable (PeerAddress) -> Bool = { _ in true },
    limits: HTTPLimits = HTTPLimits(), log: Log, handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse
  ) {
    self.endpoints = endpoints
    service = Service(admit: admit, limits: limits, log: log, handler: handler)
  }

  deinit { stop() }

  /// Begins to serve, once; nothing is left listening when one endpoint cannot be.
  public func start() throws(HTTPError) {
    do throws(Errno) {
      let deadlines = try service.watch.start()
      state.withLock { $0.deadlines = deadlines }
    } catch { throw HTTPError(.cannotListen, "cannot start: \(error)") }
    for endpoint in endpoints {
      do throws(HTTPError) { try start(endpoint) } catch {
        stop()
        throw error
      }
    }
  }

  private func start(_ endpoint: HTTPEndpoint) throws(HTTPError) {
    let listener: Listener
    do throws(Errno) {
      switch endpoint {
      case .tcp(let host, let port): listener = try Listener(host: host == "*" ? nil : host, port: port)
      case .unix(let path): listener = try Listener(unixPath: path)
      }
    } catch { throw HTTPError(.cannotListen, "cannot listen: \(error)") }
    let daemon = try HTTPDaemon(listener: listener, service: service)
    state.withLock { state in
      state.daemons.append((daemon, listener))
      if case .tcp = endpoint { state.ports.append(listener.port) }
    }
  }

  /// The TCP ports, in the order of their endpoints.
  public var ports: [UInt16] { state.withLock { $0.ports } }

  /// Open connections now.
  public var connectionCount: Int { service.watch.count }

  /// Stops listening, tells handlers that nobody waits, lets answers that are on their way end, closes what is still open
  /// and waits for the threads: within `HTTPLimits.stopSeconds`, whatever a handler does. One that does not look at
  /// `isClientGone` goes on by itself, which is logged. A second call does nothing; a stopped server stays stopped.
  public func stop() {
    let running = state.withLock { state in
      defer { state = Running() }
      return state
    }
    guard !running.daemons.isEmpty || running.deadlines != nil else { return }
    let begin = Clock.monotonic()
    for (daemon, _) in running.daemons { daemon.quiesce() }
    service.isStopping.store(true, ordering: .relaxed)
    service.watch.waitUntilIdle(until: begin + .seconds(service.limits.graceSeconds))
    let left = Monitor(running.daemons.count)
    for (daemon, _) in running.daemons {
      let end: @Sendable () -> Void = {
        daemon.stop()
        left.change { $0 -= 1 }
      }
      // Without a thread for it the wait has no limit, and nothing else is lost.
      do throws(Errno) { try AcqSystem.Thread.start(name: "http-stop", end) } catch { end() }
    }
    let ended = left.wait(until: begin + .seconds(service.limits.stopSeconds)) { $0 == 0 ? true : nil }
    if ended == nil { service.log.warning("a request is still being worked on after the server stopped") }
    service.watch.stop()
    running.deadlines?.join()
  }
}
