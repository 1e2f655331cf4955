package import AcqCore
import AcqCrypto
package import AcqExport
package import AcqHTTP
package import AcqReplication

/// What a URL asks of a MAT export, and the name of its result in the cache.
package struct MATRequest {
  /// What is asked of the export.
  package let request: MATExport.Request
  private let canonical: String

  /// Throws `BadQuery` for parameters that do not exist or cannot be read.
  package init(_ http: HTTPRequest, stated: StatedRecording) throws {
    var topics: [String] = []
    var bounds: [String: UInt64] = [:]
    for (name, value) in http.query where !value.isEmpty {
      switch name {
      case "topics": topics += value.split(separator: ",").map(String.init)
      case "start", "end":
        guard let bound = TimeBound(parsing: value) else {
          throw BadQuery("\(name): \(value) is no time; write 2026-05-02T13:00:00Z, nanoseconds, 10s or -10s")
        }
        bounds[name] = bound.resolve(startNs: stated.body.startNs ?? 0, endNs: stated.body.endNs ?? 0)
      case _: throw BadQuery("\(name): no such parameter; there are topics, start, end")
      }
    }
    if let start = bounds["start"], let end = bounds["end"], start >= end {
      throw BadQuery("start is not before end")
    }
    request = MATExport.Request(
      topics: topics.isEmpty ? ["*"] : Array(Set(topics)).sorted(), startNs: bounds["start"],
      endNs: bounds["end"])
    canonical =
      JSON.members([
        "topics": .array(request.topics.map(JSON.string)),
        "start": request.startNs.map { .string(String($0)) },
        "end": request.endNs.map { .string(String($0)) },
      ]).text
  }

  /// The same recording and options give the same name.
  package func cacheName(_ id: ContentID) -> String {
    let options = SHA256.hash(Array(canonical.utf8), as: ContentID.self)
    return "\(id.hex)-\(options.short)\(Hex.encode((4..<8).map { options[$0] })).mat"
  }
}
