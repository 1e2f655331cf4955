#if MongoDB
  import AcqCatalog
  import AcqCore
  import Foundation
  import TestSupport
  import Testing

  /// Fail points are the server's, not a client's: these tests have one of their own.
  private enum FailingMongoServer {
    static let server = Result { try MongoServer() }
  }

  @Suite("MongoDB away, refusing, or holding something else") struct MongoOutageTests {
    private func kind(_ body: () throws -> Void) -> CatalogError.Kind? {
      do { try body() } catch { return (error as? CatalogError)?.kind }
      return nil
    }

    private func open(_ uri: String) throws -> any Catalog {
      try Catalogs.open(spec: uri, directory: "/nonexistent", log: .silent)
    }

    @Test("killed in the middle of puts: what was acknowledged is there, and the same catalog goes on")
    func survivesKill() throws {
      let server = try MongoServer()
      let catalog = try open(server.uri(database: "acqd", options: "&serverSelectionTimeoutMS=1500"))
      var random = RandomEntries(seed: 40)
      let entries = (0..<2_000).map { _ in random.entry() }
      let acknowledged = Locked<[ContentID]>([])
      let ended = Locked<CatalogError?>(nil)
      let putter = Thread {
        for entry in entries {
          do {
            try catalog.put(entry)
            acknowledged.change { $0.append(entry.id) }
          } catch {
            ended.change { $0 = error as? CatalogError }
            return
          }
        }
      }
      putter.start()
      try waitUntil("50 entries are acknowledged", seconds: 60) { acknowledged.value.count >= 50 }
      server.kill()
      try waitUntil("the put under way fails", seconds: 30) { ended.value != nil }
      #expect(ended.value?.kind == .unavailable)
      #expect(acknowledged.value.count < entries.count)

      let begun = ContinuousClock.now
      let query = CatalogQuery(limit: 1)
      #expect(kind { _ = try catalog.search(query) } == .unavailable)
      #expect(kind { try catalog.put(entries[0]) } == .unavailable)
      #expect(kind { try catalog.checkAvailable() } == .unavailable)
      #expect(ContinuousClock.now - begun < .seconds(20), "three calls, a few seconds each")

      try server.start()
      try waitUntil("the same catalog works again", seconds: 30) {
        kind { try catalog.checkAvailable() } == nil
      }
      let there = Set(try catalog.ids(after: nil, limit: 10_000))
      #expect(there.isSuperset(of: acknowledged.value))
      try catalog.put(entries[0])
      #expect(try catalog.entry(entries[0].id) == entries[0])
    }

    @Test("a server that is away at opening is an error of each call, with the reason, until it is there")
    func opensWithoutServer() throws {
      let server = try MongoServer()
      server.kill()
      let catalog = try open(server.uri(database: "acqd"))
      let begun = ContinuousClock.now
      #expect {
        try catalog.checkAvailable()
      } throws: { error in
        let error = error as? CatalogError
        return error?.kind == .unavailable && error?.isTransient == true
          && error?.reason.contains("127.0.0.1:\(server.port)") == true
      }
      #expect(ContinuousClock.now - begun < .seconds(8))
      try server.start()
      try waitUntil("the catalog works", seconds: 30) { kind { try catalog.checkAvailable() } == nil }
      #expect(try catalog.count() == 0)
      // The first call that got through made the indexes.
      let mongo = try #require(catalog as? MongoCatalog)
      #expect(throws: Never.self) { try mongo.explain(CatalogQuery(text: "a")) }
    }

    @Test("a server that accepts and never answers is unavailable after its deadline, not for ever")
    func silentServer() throws {
      let silent = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(silent) }
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          #expect(bind(silent, $0, length) == 0)
          #expect(listen(silent, 8) == 0)
          getsockname(silent, $0, &length)
        }
      }
      let catalog = try open("mongodb://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/acqd")
      let begun = ContinuousClock.now
      #expect(kind { try catalog.checkAvailable() } == .unavailable)
      #expect(ContinuousClock.now - begun < .seconds(10))
    }

    @Test("a wrong password is said as such, without repeating it")
    func wrongPassword() throws {
      let server = try SharedMongoServer.server.get()
      for (user, password) in [(server.user, "wrong-one"), ("nobody", server.password)] {
        let catalog = try open(server.uri(database: "denied", user: user, password: password))
        #expect {
          try catalog.checkAvailable()
        } throws: { error in
          let error = error as? CatalogError
          return error?.kind == .denied && error?.isTransient == false
            && error?.description.contains(password) == false
            && error?.reason.lowercased().contains("authentication") == true
        }
      }
    }

    @Test("a user without the right to write is said as such, and no login too")
    func noPermission() throws {
      let server = try SharedMongoServer.server.get()
      let reader = try open(server.uri(database: "forbidden", user: "reader"))
      #expect(kind { try reader.checkAvailable() } == .denied)
      var random = RandomEntries(seed: 41)
      #expect(kind { try reader.put(random.entry()) } == .denied)
      let stranger = try open("mongodb://127.0.0.1:\(server.port)/forbidden")
      #expect(kind { try stranger.checkAvailable() } == .denied)
    }

    @Test(
      "a put that a server did not do as asked is an error, a lost connection is tried once more",
      .serialized,
      arguments: [
        ("\"errorCode\": 14031", CatalogError.Kind.unavailable), ("\"errorCode\": 2", .rejected),
        (
          "\"writeConcernError\": {\"code\": 64, \"errmsg\": \"waiting for replication timed out\"}",
          .unavailable
        ),
        ("\"closeConnection\": True", nil),
      ])
    func reportsFailedPuts(data: String, expected: CatalogError.Kind?) throws {
      let server = try FailingMongoServer.server.get()
      let catalog = try open(server.uri(database: "acqd"))
      var random = RandomEntries(seed: 42)
      let entry = random.entry()
      try catalog.put(entry)
      try server.fail("update", times: 1, data)
      #expect(kind { try catalog.put(entry) } == expected)
      try catalog.put(entry)
    }

    @Test("a server that fails with a passing code is unavailable")
    func passingCodes() {
      for code: UInt32 in [91, 189, 10_107, 11_600, 14_031, 50] {
        #expect(CatalogError.mongoKind(serverCode: code) == .unavailable)
      }
      for code: UInt32 in [13, 18] { #expect(CatalogError.mongoKind(serverCode: code) == .denied) }
      for code: UInt32 in [2, 59, 85, 11_000, 10_334] {
        #expect(CatalogError.mongoKind(serverCode: code) == .rejected)
      }
    }

    @Test("a document that is not ours is named, not shown half")
    func foreignDocument() throws {
      let server = try SharedMongoServer.server.get()
      let database = SharedMongoServer.newDatabase()
      let catalog = try open(server.uri(database: database))
      try catalog.checkAvailable()
      let id = RandomEntries.id(9, ContentID.self)
      try PythonTools.run(
        """
        import sys, pymongo
        client = pymongo.MongoClient(sys.argv[1])
        client[sys.argv[2]].recordings.insert_one({"_id": sys.argv[3], "version": 1, "startNs": 5, "name": "x"})
        """, [server.uri(database: database), database, id.hex])
      #expect {
        try catalog.search(CatalogQuery())
      } throws: { error in
        let error = error as? CatalogError
        return error?.kind == .malformed && error?.description.contains(id.hex) == true
      }
      try catalog.remove(id)
      #expect(try catalog.search(CatalogQuery()).entries.isEmpty)
    }

    @Test("another client reads what we wrote as documented: types, words, named indexes")
    func documentShape() throws {
      let server = try SharedMongoServer.server.get()
      let database = SharedMongoServer.newDatabase()
      let catalog = try open(server.uri(database: database))
      let entry = CatalogEntry(
        id: RandomEntries.id(9, ContentID.self), name: "12.mcap", origin: RandomEntries.origins[0],
        originName: "car",
        sizeBytes: 5, startNs: 1, endNs: 3,
        topics: [CatalogTopic(name: "t", schema: "s", encoding: "json", count: 2)])
      try catalog.put(entry)
      let output = try PythonTools.run(
        """
        import sys, pymongo
        recordings = pymongo.MongoClient(sys.argv[1])[sys.argv[2]].recordings
        document = recordings.find_one({"_id": sys.argv[3]})
        print(type(document["startNs"]).__name__, document["startNs"], document["durationNs"], document["parent"], document["words"][-1], document["topics"])
        print(sorted(recordings.index_information()))
        """, [server.uri(database: database), database, entry.id.hex])
      #expect(
        output == """
          Int64 1 2 None mcap [{'name': 't', 'schema': 's', 'encoding': 'json', 'count': 2}]
          ['_id_', 'duration', 'name', 'origin_start', 'size', 'start', 'topic_start', 'word_start']

          """)
    }

    @Test("an address that cannot be used is refused at opening, without its password")
    func refusesAddresses() {
      for uri in [
        "mongodb://", "mongodb://user:se:cret@host/", "mongodb://host:99999999/",
        "mongodb://host/?tls=perhaps",
      ] {
        #expect {
          try open(uri)
        } throws: { error in
          let error = error as? CatalogError
          return error?.kind == .configuration && error?.description.contains("cret") == false
        }
      }
    }

    @Test("the driver's own lines go to the log")
    func logsDriver() throws {
      let lines = Locked<[String]>([])
      let log = Log(minimum: .warning) { _, message, keys in
        lines.change { $0.append("\(message) \(keys.map(\.1).joined(separator: " "))") }
      }
      // The driver has one log for the process, and other tests open catalogs meanwhile.
      try waitUntil("its warning arrives") {
        _ = try Catalogs.open(
          spec: "mongodb://host.example/?unheardOf=1", directory: "/nonexistent", log: log)
        return lines.value.contains {
          $0.hasPrefix("mongodb driver") && $0.contains("unheardOf".lowercased())
        }
      }
    }

    @Test("the place names hosts and database, never the login")
    func placeIsPublic() throws {
      let catalog = try open("mongodb://user:secret@one.example:1234,two.example/?replicaSet=r")
      #expect(catalog.place == "mongodb at one.example:1234, two.example:27017, database acqd")
      let named = try open("mongodb://user:secret@one.example/season26")
      #expect(named.place == "mongodb at one.example:27017, database season26")
    }
  }
#endif
