#if MongoDB
  public import AcqCore
  import CMongoc
  import Synchronization

  /// The catalog in a MongoDB database: one document for each recording, in the collection `recordings`.
  ///
  /// Opening does not reach for the server: one that is away is an error of each call, `.unavailable`, and when it
  /// is back calls succeed again without reopening. Indexes are made by the first call that reaches it.
  public final class MongoCatalog: Catalog {
    private let pool: MongoPool
    /// Whether indexes are known to be there; asked again after every outage, when the server may be another one.
    private let hasIndexes = Atomic(false)

    /// The server, replica set or cluster at a `mongodb://` or `mongodb+srv://` address; the database is the one
    /// that it names, or `acqd`. Deadlines that the address does not set are a few seconds.
    public init(uri: String, log: Log) throws(CatalogError) {
      pool = try MongoPool(uri: uri, log: log)
    }

    /// Server and database; no password.
    public var place: String { pool.place }

    /// Stores entries in one bulk write; see `Catalog`.
    public func put(_ entries: [CatalogEntry]) throws(CatalogError) {
      checkBatch(entries)
      guard !entries.isEmpty else { return }
      try call { lease throws(CatalogError) in
        let bulk = try BulkHandle(in: lease.collection)
        for entry in entries {
          let document = entry.fitted.document
          try bulk.replace(["_id": .string(entry.id.hex)], with: document, id: entry.id)
        }
        try bulk.execute()
      }
    }

    /// One document by its `_id`.
    public func entry(_ id: ContentID) throws(CatalogError) -> CatalogEntry? {
      try call { lease throws(CatalogError) in
        let cursor = CursorHandle(
          in: lease.collection, filter: ["_id": .string(id.hex)], options: ["limit": .int64(1)])
        guard let document = try cursor.next() else { return nil }
        return try CatalogEntry(document)
      }
    }

    /// One find for each stretch of the query, usually one or two.
    public func search(_ query: CatalogQuery) throws(CatalogError) -> CatalogPage {
      let plan = try QueryPlan(query)
      return try call { lease throws(CatalogError) in
        try plan.page { stretch, limit, take throws(CatalogError) in
          let cursor = CursorHandle(
            in: lease.collection, filter: plan.filter(of: stretch), options: plan.options(limit: limit))
          while let document = try cursor.next(), take(try CatalogEntry(document)) {}
        }
      }
    }

    /// Read from the `_id` index, as a majority has them.
    public func ids(after id: ContentID?, limit: Int) throws(CatalogError) -> [ContentID] {
      let limit = min(max(limit, 0), CatalogLimits.idsMax)
      guard limit > 0 else { return [] }
      return try call { lease throws(CatalogError) in
        let cursor = CursorHandle(
          in: lease.collection, filter: ["_id": .document(["$gt": .string(id?.hex ?? "")])],
          options: [
            "projection": .document(["_id": .int32(1)]), "sort": .document(["_id": .int32(1)]),
            "limit": .int64(Int64(limit)), "hint": .string("_id_"),
          ])
        var ids: [ContentID] = []
        while let document = try cursor.next() {
          guard let id = document["_id"]?.string.flatMap({ ContentID(hex: $0) }) else {
            throw CatalogError(.malformed, "a stored entry's _id is no content id")
          }
          ids.append(id)
        }
        return ids
      }
    }

    /// Deletes one document; see `Catalog`.
    public func remove(_ id: ContentID) throws(CatalogError) {
      try call { lease throws(CatalogError) in
        let selector = BSONHandle(["_id": .string(id.hex)])
        var error = bson_error_t()
        guard mongoc_collection_delete_one(lease.collection, selector.pointer, nil, nil, &error) else {
          throw CatalogError(error, id: id)
        }
      }
    }

    /// Counts the `_id` index.
    public func count() throws(CatalogError) -> Int {
      try call { lease throws(CatalogError) in
        // Counted, not estimated: a server's own figure may be off after it was killed.
        let filter = BSONHandle([:])
        let options = BSONHandle(["hint": .string("_id_")])
        var error = bson_error_t()
        let count = mongoc_collection_count_documents(
          lease.collection, filter.pointer, options.pointer, nil, nil, &error)
        guard count >= 0 else { throw CatalogError(error) }
        return Int(count)
      }
    }

    /// Reads one id: the server, the login and the right to read are all tried.
    public func checkAvailable() throws(CatalogError) { _ = try ids(after: nil, limit: 1) }

    /// The server's plan of each stretch of a query.
    package func explain(_ query: CatalogQuery) throws(CatalogError) -> [BSONDocument] {
      let plan = try QueryPlan(query)
      return try call { lease throws(CatalogError) in
        var plans: [BSONDocument] = []
        for stretch in plan.stretches {
          var find: BSONDocument = [
            "find": .string(QueryPlan.collection), "filter": .document(plan.filter(of: stretch)),
          ]
          for option in plan.options(limit: plan.limit).fields { find[option.name] = option.value }
          plans.append(
            try self.run(
              ["explain": .document(find), "verbosity": .string("queryPlanner")], on: lease.lease.client))
        }
        return plans
      }
    }
  }

  // MARK: - Calls

  extension MongoCatalog {
    /// Every call goes through here: a leased connection, indexes, and what an error means for the next call.
    private func call<Result>(
      _ body: (borrowing CollectionLease) throws(CatalogError) -> Result
    ) throws(CatalogError) -> Result {
      do {
        let lease = try CollectionLease(of: pool.pointer, database: pool.database)
        if !hasIndexes.load(ordering: .acquiring) {
          try makeIndexes(lease.lease.client)
          hasIndexes.store(true, ordering: .releasing)
        }
        return try body(lease)
      } catch {
        hasIndexes.store(false, ordering: .releasing)
        throw error
      }
    }

    /// Several threads or processes may do this at once: making an index that is there does nothing.
    private func makeIndexes(_ client: OpaquePointer) throws(CatalogError) {
      let indexes = MongoIndex.allCases.map { index in
        BSON.document(["key": .document(index.keys), "name": .string(index.rawValue)])
      }
      _ = try run(["createIndexes": .string(QueryPlan.collection), "indexes": .array(indexes)], on: client)
    }

    private func run(_ command: BSONDocument, on client: OpaquePointer) throws(CatalogError) -> BSONDocument {
      let command = BSONHandle(command)
      let reply = ReplyHandle()
      var error = bson_error_t()
      guard
        mongoc_client_command_simple(client, pool.database, command.pointer, nil, reply.pointer, &error)
      else { throw CatalogError(error) }
      return try reply.document()
    }
  }

  /// Replacements sent together. Not ordered: each stands for itself.
  private struct BulkHandle: ~Copyable {
    private let bulk: OpaquePointer

    init(in collection: OpaquePointer) throws(CatalogError) {
      let options = BSONHandle(["ordered": .bool(false)])
      guard let bulk = mongoc_collection_create_bulk_operation_with_opts(collection, options.pointer) else {
        preconditionFailure("a bulk operation's handle needs only memory")
      }
      self.bulk = bulk
    }

    func replace(_ selector: BSONDocument, with document: BSONDocument, id: ContentID) throws(CatalogError) {
      let selector = BSONHandle(selector)
      let document = BSONHandle(document)
      let options = BSONHandle(["upsert": .bool(true)])
      var error = bson_error_t()
      guard
        mongoc_bulk_operation_replace_one_with_opts(
          bulk, selector.pointer, document.pointer, options.pointer, &error)
      else { throw CatalogError(error, id: id) }
    }

    func execute() throws(CatalogError) {
      var error = bson_error_t()
      // Zero is failure, else the number of the server that answered.
      guard mongoc_bulk_operation_execute(bulk, nil, &error) != 0 else { throw CatalogError(error) }
    }

    deinit { mongoc_bulk_operation_destroy(bulk) }
  }
#endif
