#if MongoDB
  import AcqCore
  import CMongoc
  import Synchronization

  /// The process-wide part of libmongoc: set up once, never torn down (its own advice for programs that end with
  /// their process).
  enum MongoDriver {
    private static let sink = Mutex<Log>(.silent)

    private static let start: Void = {
      // Before mongoc_init(), which already speaks; without a handler the driver writes to standard output.
      mongoc_log_set_handler({ level, domain, message, _ in MongoDriver.write(level, domain, message) }, nil)
      mongoc_init()
    }()

    /// Starts the driver if need be; from now on its lines go to `log`.
    static func prepare(log: Log) {
      sink.withLock { $0 = log }
      start
    }

    private static func write(
      _ level: mongoc_log_level_t, _ domain: UnsafePointer<CChar>?, _ message: UnsafePointer<CChar>?
    ) {
      let log = sink.withLock { $0 }
      let text = message.map { String(cString: $0) } ?? ""
      let name = domain.map { String(cString: $0) } ?? ""
      switch level {
      case MONGOC_LOG_LEVEL_ERROR, MONGOC_LOG_LEVEL_CRITICAL, MONGOC_LOG_LEVEL_WARNING:
        log.warning("mongodb driver", [.name: name, .reason: text])
      default:
        log.write(.trace, "mongodb driver", [.name: name, .reason: text])
      }
    }
  }

  /// A pool of connections with a deadline on everything that waits. A pool even for one thread: a client alone, once
  /// refused, answers "No servers yet eligible for rescan" for some seconds without trying.
  final class MongoPool: @unchecked Sendable {
    // Proof: a mongoc_client_pool_t may be used from any thread (mongoc_client_pool_t(3), "thread safe"); `database`
    // and `place` never change.
    let pointer: OpaquePointer
    let database: String
    let place: String

    /// Until a server that can serve is found; elections take longer, but the caller tries again.
    private static let selectionMs: Int32 = 3_000
    /// Until a connection stands.
    private static let connectMs: Int32 = 3_000
    /// Until an answer comes: making the indexes of a large collection takes this long.
    private static let answerMs: Int32 = 60_000
    /// Until a connection of the pool is free.
    private static let queueMs: Int32 = 3_000
    /// Connections: what one process serves at once.
    private static let connectionsMax: Int32 = 16
    /// Until a majority has journalled a write.
    private static let writeMs: Int32 = 20_000

    init(uri text: String, log: Log) throws(CatalogError) {
      MongoDriver.prepare(log: log)
      var error = bson_error_t()
      guard let uri = mongoc_uri_new_with_error(text, &error) else {
        // The driver's message may quote the text, which may hold a password.
        throw CatalogError(
          .configuration,
          "the mongodb:// address cannot be read: check its form and escape @ : / % in passwords")
      }
      defer { mongoc_uri_destroy(uri) }
      Self.setDeadlines(uri)
      Self.setConcerns(uri)
      database = mongoc_uri_get_database(uri).map { String(cString: $0) } ?? "acqd"
      place = "mongodb at \(Self.hosts(uri)), database \(database)"
      guard let pool = mongoc_client_pool_new_with_error(uri, &error) else {
        let reason = CatalogError(error)
        throw CatalogError(.configuration, "the mongodb:// address cannot be used: \(reason.reason)")
      }
      mongoc_client_pool_set_error_api(pool, MONGOC_ERROR_API_VERSION_2)
      mongoc_client_pool_set_appname(pool, "acqd")
      pointer = pool
    }

    deinit { mongoc_client_pool_destroy(pointer) }

    /// What the address itself does not say.
    private static func setDeadlines(_ uri: OpaquePointer) {
      let defaults: [(String, Int32)] = [
        (MONGOC_URI_SERVERSELECTIONTIMEOUTMS, selectionMs), (MONGOC_URI_CONNECTTIMEOUTMS, connectMs),
        (MONGOC_URI_SOCKETTIMEOUTMS, answerMs), (MONGOC_URI_WAITQUEUETIMEOUTMS, queueMs),
        (MONGOC_URI_MAXPOOLSIZE, connectionsMax),
      ]
      for (option, value) in defaults where !mongoc_uri_has_option(uri, option) {
        _ = mongoc_uri_set_option_as_int32(uri, option, value)
      }
    }

    /// Acknowledged means: a majority of the servers has it in its journal. What is read is as lasting.
    private static func setConcerns(_ uri: OpaquePointer) {
      guard let write = mongoc_write_concern_new(), let read = mongoc_read_concern_new() else {
        preconditionFailure("a concern needs only memory")
      }
      mongoc_write_concern_set_wmajority(write, writeMs)
      mongoc_write_concern_set_journal(write, true)
      mongoc_uri_set_write_concern(uri, write)
      mongoc_write_concern_destroy(write)
      mongoc_read_concern_set_level(read, MONGOC_READ_CONCERN_LEVEL_MAJORITY)
      mongoc_uri_set_read_concern(uri, read)
      mongoc_read_concern_destroy(read)
    }

    private static func hosts(_ uri: OpaquePointer) -> String {
      var names: [String] = []
      var next = mongoc_uri_get_hosts(uri)
      while let host = next {
        names.append(
          withUnsafeBytes(of: host.pointee.host_and_port) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
          })
        next = UnsafePointer(host.pointee.next)
      }
      return names.joined(separator: ", ")
    }
  }
#endif
