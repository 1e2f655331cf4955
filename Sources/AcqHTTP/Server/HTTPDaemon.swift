import AcqCore
import AcqSystem
import CMicrohttpd
import Synchronization

/// What every connection of a server shares.
final class Service: Sendable {
  let admit: @Sendable (PeerAddress) -> Bool
  let handler: @Sendable (HTTPRequest) -> HTTPResponse
  let limits: HTTPLimits
  let log: Log
  let watch: ConnectionWatch
  let isStopping = Atomic(false)

  init(
    admit: @escaping @Sendable (PeerAddress) -> Bool, limits: HTTPLimits, log: Log,
    handler: @escaping @Sendable (HTTPRequest) -> HTTPResponse
  ) {
    self.admit = admit
    self.handler = handler
    self.limits = limits
    self.log = log
    watch = ConnectionWatch(limits: limits, log: log)
  }
}

/// One listening libmicrohttpd.
final class HTTPDaemon: @unchecked Sendable {
  // Proof of Sendable: the handle is set once before anyone else sees the object; libmicrohttpd locks what is behind it.
  private let handle: OpaquePointer
  private let service: Unmanaged<Service>

  init(listener: Listener, service: Service) throws(HTTPError) {
    // Released by `stop`, after which libmicrohttpd calls nothing any more.
    self.service = .passRetained(service)
    var callbacks = HTTPDaemon.callbacks
    let started = acq_http_start(
      listener.descriptor, service.limits.connectionsMax, HTTPLimits.stackBytes,
      service.limits.connectionBytes,
      &callbacks, self.service.toOpaque())
    guard let started else {
      self.service.release()
      throw HTTPError(.cannotListen, "libmicrohttpd did not start on \(listener.address)")
    }
    handle = started
  }

  /// Accepts nothing any more.
  func quiesce() { acq_http_quiesce(handle) }

  /// Ends every connection and waits for their threads. Once, after `quiesce`.
  func stop() {
    MHD_stop_daemon(handle)
    service.release()
  }

  // MARK: - Callbacks

  // SAFETY: in all of them the first argument is the service that `init` retained. A connection is retained from STARTED
  // to CLOSED, between which all other calls for it come; an exchange from `target` to `completed`.
  private static var callbacks: acq_http_callbacks {
    acq_http_callbacks(
      admit: { context, address, _ in
        guard let context, let address, let peer = PeerAddress(address) else { return .NO }
        let service = Unmanaged<Service>.fromOpaque(context).takeUnretainedValue()
        return peer == .local || service.admit(peer) ? .YES : .NO
      },
      connection: { context, connection, slot, event in
        guard let context, let connection, let slot else { return }
        let service = Unmanaged<Service>.fromOpaque(context).takeUnretainedValue()
        HTTPDaemon.notify(service, connection, slot, hasStarted: event == .CONNECTION_NOTIFY_STARTED)
      },
      target: { context, target, connection in
        guard let context, let target, let connection, let slot = acq_http_context(connection) else {
          return nil
        }
        let service = Unmanaged<Service>.fromOpaque(context).takeUnretainedValue()
        let known = Unmanaged<Connection>.fromOpaque(slot).takeUnretainedValue()
        let bytes = Array(String(cString: target).utf8)
        return Unmanaged.passRetained(Exchange(target: bytes, service: service, connection: known)).toOpaque()
      },
      handler: { _, connection, _, method, _, upload, uploadCount, slot in
        guard let connection, let method, let uploadCount, let held = slot?.pointee else { return .NO }
        let exchange = Unmanaged<Exchange>.fromOpaque(held).takeUnretainedValue()
        let part = UnsafeRawBufferPointer(start: upload, count: upload == nil ? 0 : uploadCount.pointee)
        uploadCount.pointee = 0
        return exchange.advance(connection, method: String(cString: method), part: part)
      },
      completed: { _, _, slot, reason in
        guard let slot, let held = slot.pointee else { return }
        let exchange = Unmanaged<Exchange>.fromOpaque(held).takeRetainedValue()
        slot.pointee = nil
        exchange.end(isComplete: reason == .REQUEST_TERMINATED_COMPLETED_OK)
      })
  }

  private static func notify(
    _ service: Service, _ connection: OpaquePointer, _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>,
    hasStarted: Bool
  ) {
    if hasStarted {
      let socket = acq_http_socket(connection)
      let peer = acq_http_address(connection).flatMap { PeerAddress($0) } ?? .local
      if peer != .local { acq_http_no_delay(socket) }
      let made = Connection(socket: socket, peer: peer, at: Clock.monotonic())
      service.watch.add(made)
      slot.pointee = Unmanaged.passRetained(made).toOpaque()
    } else if let held = slot.pointee {
      // SAFETY: retained above; libmicrohttpd says CLOSED once, before it closes the socket.
      let known = Unmanaged<Connection>.fromOpaque(held).takeRetainedValue()
      slot.pointee = nil
      known.close()
      service.watch.remove(known)
    }
  }
}

extension PeerAddress {
  /// The address of a C structure; nil for families other than IPv4, IPv6 and Unix.
  init?(_ address: UnsafePointer<sockaddr>) {
    // SAFETY: libmicrohttpd gives whole structures; the family says which, and so how many bytes there are.
    let raw = UnsafeRawPointer(address)
    switch Int32(address.pointee.sa_family) {
    case AF_INET: self.init(raw, offset: 4, count: 4)
    case AF_INET6: self.init(raw, offset: 8, count: 16)
    case AF_UNIX: self = .local
    case _: return nil
    }
  }

  /// The address inside sockaddr_in (behind family and port) or sockaddr_in6 (behind the flow label too).
  private init?(_ raw: UnsafeRawPointer, offset: Int, count: Int) {
    // SAFETY: as above.
    let bytes = Array(UnsafeRawBufferPointer(start: raw + offset, count: count))
    guard let address = IPAddress(bytes: bytes) else { return nil }
    self = .ip(address)
  }
}
