#if MongoDB
  import AcqCore
  import CMongoc

  extension CatalogError {
    /// What the driver reported.
    init(_ error: bson_error_t, id: ContentID? = nil) {
      self.init(Self.kind(domain: error.domain, code: error.code), Self.message(error), id: id)
    }

    /// `domain` and `code` are numbers, as the C library compares them; version 2 of its error interface keeps the
    /// server's own codes apart.
    static func kind(domain: UInt32, code: UInt32) -> Kind {
      switch domain {
      case MONGOC_ERROR_STREAM.rawValue, MONGOC_ERROR_SERVER_SELECTION.rawValue, MONGOC_ERROR_POOL.rawValue,
        MONGOC_ERROR_PROTOCOL.rawValue:
        return .unavailable
      case MONGOC_ERROR_SASL.rawValue, MONGOC_ERROR_SCRAM.rawValue:
        return .denied
      case MONGOC_ERROR_CLIENT.rawValue:
        if code == MONGOC_ERROR_CLIENT_AUTHENTICATE.rawValue || code == ServerCode.authenticationFailed {
          return .denied
        }
        return .unavailable
      case MONGOC_ERROR_SERVER.rawValue, MONGOC_ERROR_WRITE_CONCERN.rawValue, MONGOC_ERROR_CURSOR.rawValue,
        MONGOC_ERROR_QUERY.rawValue, MONGOC_ERROR_COMMAND.rawValue, MONGOC_ERROR_COLLECTION.rawValue,
        MONGOC_ERROR_INSERT.rawValue:
        if ServerCode.denials.contains(code) { return .denied }
        return ServerCode.passing.contains(code) ? .unavailable : .rejected
      default:
        return .rejected
      }
    }

    /// What an error with this code of a server means.
    package static func mongoKind(serverCode: UInt32) -> Kind {
      kind(domain: MONGOC_ERROR_SERVER.rawValue, code: serverCode)
    }

    private static func message(_ error: bson_error_t) -> String {
      withUnsafeBytes(of: error.message) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
    }
  }

  /// Codes of MongoDB's servers (src/mongo/base/error_codes.yml).
  private enum ServerCode {
    static let authenticationFailed: UInt32 = 18
    /// Unauthorized, AuthenticationFailed, and their forerunners.
    static let denials: Set<UInt32> = [13, 18, 8_000, 31, 33]
    /// What passes by itself: elections and stopping (6 7 89 91 189 216 10107 11600 11602 13435 13436 9001), limits of
    /// time (50 262 202 24), write and read concern not met now (64 100 133 134), disk full (14031),
    /// memory and quota (146 292), conflicts (112 251), moved shards (63 150 13388), cursors gone with a restart (43 237).
    static let passing: Set<UInt32> = [
      6, 7, 24, 43, 50, 63, 64, 89, 91, 100, 112, 133, 134, 146, 150, 189, 202, 216, 237, 251, 262, 292,
      9_001,
      10_107, 11_600, 11_602, 13_388, 13_435, 13_436, 14_031,
    ]
  }
#endif
