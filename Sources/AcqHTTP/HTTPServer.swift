public import AcqCore
import AcqSystem
import CMicrohttpd
import Glibc
import Synchronization

/// Where a server listens.
public enum HTTPEndpoint: Hashable, Sendable {
  /// A TCP port; nil or `*` for all addresses; port 0 for any free one.
  case tcp(host: String?, port: UInt16)
  /// A Unix socket, mode 0660.
  case unix(path: String)
}

/// An HTTP/1.1 server over libmicrohttpd: a thread for each connection, the handler called on it.
public final class HTTPServer: Sendable {
  private struct Running {
    var daemons: [Daemon] = []
    var ports: [UInt16] = []
    var unixPaths: [String] = []
  }

  private let endpoints: [HTTPEndpoint]
  private let state = Mutex(Running())
  private let service: Service

  /// A server that is not started. `admit` decides at accept, by address alone; the Unix socket is always admitted.
  public init(
    endpoints: [HTTPEndpoint], admit: @escaping @Sendable (PeerAddress) -> Bool, log: Log,
    handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse
  ) {
    self.endpoints = endpoints
    service = Service(admit: admit, handler: handler, log: log)
  }

  /// Begins to serve; nothing is left listening when one endpoint cannot be.
  public func start() throws(HTTPError) {
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
    let daemon = try Daemon(listener: listener, service: service)
    state.withLock { state in
      state.daemons.append(daemon)
      switch endpoint {
      case .tcp: state.ports.append(listener.port)
      case .unix(let path): state.unixPaths.append(path)
      }
    }
  }

  /// The TCP ports, in the order of their endpoints.
  public var ports: [UInt16] { state.withLock { $0.ports } }

  /// Stops listening, tells handlers that nobody waits, and closes what is open; then waits for their threads.
  public func stop() {
    service.isStopping.store(true, ordering: .relaxed)
    let running = state.withLock { state in
      defer { state = Running() }
      return state
    }
    for daemon in running.daemons { daemon.stop() }
    for path in running.unixPaths { _ = try? Files.unlink(path) }
  }
}

/// What every connection of a server shares.
final class Service: Sendable {
  let admit: @Sendable (PeerAddress) -> Bool
  let handler: @Sendable (HTTPRequest) -> HTTPResponse
  let log: Log
  let isStopping = Atomic(false)

  init(
    admit: @escaping @Sendable (PeerAddress) -> Bool,
    handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse,
    log: Log
  ) {
    self.admit = admit
    self.handler = handler
    self.log = log
  }
}

/// One listening libmicrohttpd.
final class Daemon: @unchecked Sendable {
  // Proof of Sendable: the handle is set once before anyone else sees the object, and `stop` is called by one owner.
  private let handle: OpaquePointer
  private let listener: Listener
  private let service: Unmanaged<Service>

  init(listener: Listener, service: Service) throws(HTTPError) {
    self.listener = listener
    self.service = .passRetained(service)
    let started = acq_http_start(
      dup(listener.descriptor), HTTPLimits.connectionsMax, HTTPLimits.idleSeconds, HTTPLimits.stackBytes,
      HTTPLimits.connectionBytes,
      { context, address, _ in
        guard let context, let address else { return .NO }
        // SAFETY: the context is the retained service of the daemon that calls.
        let service = Unmanaged<Service>.fromOpaque(context).takeUnretainedValue()
        guard let peer = PeerAddress(address) else { return .NO }
        return peer == .local || service.admit(peer) ? .YES : .NO
      },
      { context, connection, url, method, _, upload, uploadCount, exchange in
        guard let context, let connection, let url, let method, let uploadCount, let exchange else {
          return .NO
        }
        // SAFETY: the context is the retained service of the daemon that calls.
        let service = Unmanaged<Service>.fromOpaque(context).takeUnretainedValue()
        return Exchange.advance(
          exchange, connection, service, url: url, method: method, upload: upload, uploadCount: uploadCount)
      },
      { _, _, exchange, _ in if let exchange { Exchange.end(exchange) } },
      self.service.toOpaque())
    guard let started else {
      self.service.release()
      throw HTTPError(.cannotListen, "libmicrohttpd did not start on \(listener.address)")
    }
    handle = started
  }

  func stop() {
    // Closes the listening socket's copy and every connection, and joins their threads.
    MHD_stop_daemon(handle)
    listener.stop()
    service.release()
  }
}
