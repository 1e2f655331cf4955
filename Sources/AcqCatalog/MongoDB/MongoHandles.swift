#if MongoDB
  import AcqCore
  import CMongoc

  /// A document in libbson's memory, for the length of a call.
  struct BSONHandle: ~Copyable {
    let pointer: OpaquePointer

    init(_ document: BSONDocument) {
      // libbson copies the bytes; it checks the length and the last byte, which our encoder wrote.
      let bytes = document.encoded
      guard let pointer = bson_new_from_data(bytes, bytes.count) else {
        preconditionFailure("an encoded document has its own length")
      }
      self.pointer = pointer
    }

    deinit { bson_destroy(pointer) }
  }

  /// A document that the driver fills.
  struct ReplyHandle: ~Copyable {
    let pointer: OpaquePointer

    init() {
      guard let pointer = acq_bson_blank() else { preconditionFailure("128 bytes are not to be had") }
      self.pointer = pointer
    }

    func document() throws(CatalogError) -> BSONDocument { try Self.document(at: pointer) }

    /// A copy of a document that the driver owns.
    static func document(at pointer: OpaquePointer) throws(CatalogError) -> BSONDocument {
      guard let bytes = bson_get_data(pointer) else { return [:] }
      // The driver checked that the length which the document states lies inside the message it came in.
      let count = UnsafeRawPointer(bytes).loadUnaligned(as: UInt32.self).littleEndian
      do {
        return try BSONDocument(decoding: Array(UnsafeBufferPointer(start: bytes, count: Int(count))))
      } catch {
        throw CatalogError(.malformed, "the server's answer: \(error)")
      }
    }

    deinit { acq_bson_blank_free(pointer) }
  }

  /// A client taken from the pool by one thread, given back at the end.
  struct ClientLease: ~Copyable {
    let client: OpaquePointer
    private let pool: OpaquePointer

    init(of pool: OpaquePointer) throws(CatalogError) {
      guard let client = mongoc_client_pool_pop(pool) else {
        throw CatalogError(.unavailable, "all connections to MongoDB are busy")
      }
      self.client = client
      self.pool = pool
    }

    deinit { mongoc_client_pool_push(pool, client) }
  }

  /// The recordings' collection, reached through a leased client.
  struct CollectionLease: ~Copyable {
    let lease: ClientLease
    let collection: OpaquePointer

    init(of pool: OpaquePointer, database: String) throws(CatalogError) {
      lease = try ClientLease(of: pool)
      guard let collection = mongoc_client_get_collection(lease.client, database, QueryPlan.collection) else {
        preconditionFailure("a collection's handle needs only memory")
      }
      self.collection = collection
    }

    deinit { mongoc_collection_destroy(collection) }
  }

  /// The answer to a find, read to its end or as far as wanted.
  struct CursorHandle: ~Copyable {
    private let cursor: OpaquePointer

    init(
      in collection: OpaquePointer, filter: BSONDocument, options: BSONDocument
    ) {
      let filter = BSONHandle(filter)
      let options = BSONHandle(options)
      guard let cursor = mongoc_collection_find_with_opts(collection, filter.pointer, options.pointer, nil)
      else {
        preconditionFailure("a cursor's handle needs only memory")
      }
      self.cursor = cursor
    }

    func next() throws(CatalogError) -> BSONDocument? {
      var document: OpaquePointer?
      if mongoc_cursor_next(cursor, &document), let document { return try ReplyHandle.document(at: document) }
      var error = bson_error_t()
      if mongoc_cursor_error(cursor, &error) { throw CatalogError(error) }
      return nil
    }

    deinit { mongoc_cursor_destroy(cursor) }
  }
#endif
