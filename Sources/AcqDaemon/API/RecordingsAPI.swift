import AcqCatalog
import AcqCore
import AcqExport
import AcqHTTP
import AcqPages
import AcqReplication
import AcqStore
import AcqSystem

/// The cloud's queries and downloads (product, "URLs").
struct RecordingsAPI: Sendable {
  /// What the routes need.
  struct Context: Sendable {
    var catalog: any Catalog
    var open: @Sendable (ContentID) throws -> StoredObject
    var view: @Sendable () -> TeamView
    var exports: ExportCache
    var scratchDirectory: String
    var log: Log
  }

  let context: Context

  // MARK: - List and one

  /// `GET /api/v1/recordings`.
  func list(_ request: HTTPRequest) -> HTTPResponse {
    answer {
      let page = try context.catalog.search(try query(request))
      return .json(
        200,
        .members([
          "recordings": .array(page.entries.map(RecordingJSON.make)),
          "next": page.next.map { .string($0.description) } ?? .null,
        ]))
    }
  }

  /// `GET /api/v1/recordings/{id}`.
  func one(_ id: ContentID) -> HTTPResponse {
    answer {
      guard let entry = try context.catalog.entry(id) else { return notListed(id) }
      return .json(200, RecordingJSON.make(entry))
    }
  }

  /// The page of the cloud: a list with filters. A filter that cannot be read is said on the page.
  func page(_ request: HTTPRequest, nodeName: String) -> HTTPResponse {
    answer {
      let none = CatalogPage(entries: [], next: nil)
      do {
        let page = try context.catalog.search(try query(request))
        return .html(
          200, RecordingsView.make(page, request: request, view: context.view(), nodeName: nodeName))
      } catch let error as BadQuery {
        return .html(
          400,
          RecordingsView.make(
            none, request: request, view: context.view(), nodeName: nodeName, problem: error.reason))
      } catch let error as CatalogError where error.kind != .invalidQuery {
        let page = ErrorPage.render(
          role: .cloud, nodeName: nodeName, title: "The catalog is away", detail: error.description)
        return .html(503, page)
      } catch let error as CatalogError {
        return .html(
          400,
          RecordingsView.make(
            none, request: request, view: context.view(), nodeName: nodeName, problem: error.reason))
      }
    }
  }

  /// The query that a URL asks. Unknown parameters are errors: a misspelt filter must not list everything.
  func query(_ request: HTTPRequest) throws -> CatalogQuery {
    var query = CatalogQuery()
    var cursorText: String?
    for (name, value) in request.query where !value.isEmpty {
      switch name {
      case "from": query.fromNs = try moment(name, value)
      case "to": query.toNs = try moment(name, value)
      case "topic": query.topic = value
      case "text": query.text = value
      case "origin": query.origin = try origin(value)
      case "limit":
        guard let limit = Int(value), CatalogLimits.pageEntries.contains(limit) else {
          throw BadQuery(
            "limit: \(value) is not between \(CatalogLimits.pageEntries.lowerBound) and \(CatalogLimits.pageEntries.upperBound)"
          )
        }
        query.limit = limit
      case "sort":
        guard let sort = CatalogSort(value) else {
          throw BadQuery(
            "sort: \(value) is none of start, name, size, duration, each also with a minus before it")
        }
        query.sort = sort
      case "cursor": cursorText = value
      case _:
        throw BadQuery(
          "\(name): no such parameter; there are from, to, topic, text, origin, sort, limit, cursor")
      }
    }
    if let cursorText { query.cursor = try CatalogCursor(cursorText, sort: query.sort) }
    return query
  }

  private func moment(_ name: String, _ value: String) throws -> UInt64 {
    guard case .absolute(let nanoseconds)? = TimeBound(parsing: value) else {
      throw BadQuery(
        "\(name): \(value) is no time; write 2026-05-02, 2026-05-02T13:00:00Z or nanoseconds since 1970")
    }
    return nanoseconds
  }

  private func origin(_ value: String) throws -> NodeID {
    if let id = NodeID(hex: value) { return id }
    let members = context.view().members.values
    guard let member = members.first(where: { $0.name == value || $0.id.short == value }) else {
      throw BadQuery("origin: no node is called \(value)")
    }
    return member.id
  }

  // MARK: - Downloads

  /// `GET /recordings/{id}.mcap`: the recording, with ranges.
  func download(_ id: ContentID) -> HTTPResponse {
    do {
      let source = try context.open(id)
      let name = context.view().stated(id)?.body.name ?? "\(id.hex).mcap"
      return .file(
        source, contentType: "application/octet-stream", etag: id.hex, fileName: name, isImmutable: true,
        allowsCrossOrigin: true)
    } catch let error as StoreError where error.kind == .notHeld {
      return .problem(404, "Not held here", "No recording \(id.hex) is held on this node.")
    } catch {
      context.log.error("a recording could not be opened", [.recording: id, .reason: "\(error)"])
      return .problem(
        500, "Cannot be read", "The recording could not be read; the log of the server says why.")
    }
  }

  /// `GET /recordings/{id}.mat`: made on demand, or from the cache.
  func mat(_ id: ContentID, _ request: HTTPRequest) -> HTTPResponse {
    answer {
      guard let stated = context.view().stated(id) else {
        return .problem(404, "Unknown recording", "No recording \(id.hex) is known to this node.")
      }
      let export = try MATRequest(request, stated: stated)
      let outcome = context.exports.export(export.cacheName(id), isGone: request.isClientGone) {
        path, isCancelled in
        let source = try context.open(id)
        let directory = context.scratchDirectory
        var sink = try FileSink(creating: path)
        _ = try MATExport.write(
          source, request: export.request, name: stated.body.name,
          scratch: { try FileScratch(in: directory) }, to: &sink, isCancelled: isCancelled)
        try sink.sync()
      }
      return respond(outcome, id, export, stated)
    }
  }

  private func respond(
    _ outcome: ExportCache.Outcome, _ id: ContentID, _ export: MATRequest, _ stated: StatedRecording
  ) -> HTTPResponse {
    switch outcome {
    case .file(let source):
      let stem = stated.body.name.hasSuffix(".mcap") ? String(stated.body.name.dropLast(5)) : stated.body.name
      return .file(
        source, contentType: "application/x-matlab-data", etag: export.cacheName(id), fileName: "\(stem).mat",
        isImmutable: true, allowsCrossOrigin: false)
    case .refused(let error): return refuse(error)
    case .abandoned: return .problem(499, "Client left", "Nobody waited for the export any more.")
    case .failed(let reason):
      context.log.error("an export failed", [.recording: id, .reason: reason])
      return .problem(500, "Export failed", "The export could not be made: \(reason)")
    }
  }

  private func refuse(_ error: ExportError) -> HTTPResponse {
    switch error.kind {
    case .nothingToWrite: .problem(422, "Nothing to export", error.description)
    case .variableTooLarge: .problem(413, "Too large for MAT v5", error.description)
    case _: .problem(500, "Export failed", error.description)
    }
  }

  // MARK: - Errors

  private func notListed(_ id: ContentID) -> HTTPResponse {
    if context.view().recordings[id] != nil {
      return .problem(404, "Not in the catalog yet", "Recording \(id.hex) is known and not catalogued yet.")
    }
    return .problem(404, "Unknown recording", "No recording \(id.hex) is known to this node.")
  }

  private func answer(_ body: () throws -> HTTPResponse) -> HTTPResponse {
    do { return try body() } catch let error as BadQuery {
      return .problem(400, "Bad request", error.reason)
    } catch let error as CatalogError {
      switch error.kind {
      case .invalidQuery: return .problem(400, "Bad request", error.reason)
      case _:
        return .problem(503, "Catalog not available", error.description, headers: [("Retry-After", "5")])
      }
    } catch {
      context.log.error("a request failed", [.reason: "\(error)"])
      return .problem(500, "Internal error", "The request failed; the log of the server says why.")
    }
  }
}

/// A URL that asks for something impossible.
struct BadQuery: Error {
  let reason: String
  init(_ reason: String) { self.reason = reason }
}
