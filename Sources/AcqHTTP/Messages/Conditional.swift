import AcqCore

/// What part of a file a request gets (RFC 9110 §13, §14). Pure.
package enum FilePart: Equatable {
  /// All of it, 200.
  case whole
  /// 206.
  case part(offset: UInt64, count: UInt64)
  /// 304: the client has it.
  case notModified
  /// 412: If-Match names other bytes.
  case preconditionFailed
  /// 416: the range lies outside.
  case unsatisfiable

  /// Decides from the request's headers. Several ranges and what cannot be read are answered with everything, as
  /// RFC 9110 §14.2 allows; HEAD knows no ranges.
  package static func decide(_ request: HTTPRequest, etag: String, sizeBytes: UInt64) -> FilePart {
    let quoted = "\"\(etag)\""
    if let wanted = request.joinedHeader("If-Match"), !names(wanted, quoted, isWeakEnough: false) {
      return .preconditionFailed
    }
    if let known = request.joinedHeader("If-None-Match"), names(known, quoted, isWeakEnough: true) {
      return .notModified
    }
    guard !request.isHead, let range = request.header("Range") else { return .whole }
    // A date never matches: recordings are named by their bytes, not by their time.
    if let condition = request.header("If-Range"), HeaderText.trimmed(condition) != quoted { return .whole }
    return parse(range, sizeBytes: sizeBytes)
  }

  /// Whether a list of entity tags has `quoted` in it; `W/` counts only where weak comparison is allowed.
  private static func names(_ list: String, _ quoted: String, isWeakEnough: Bool) -> Bool {
    list.split(separator: ",").contains { part in
      let tag = HeaderText.trimmed(part)
      return tag == "*" || tag == quoted || isWeakEnough && tag == "W/\(quoted)"
    }
  }

  private static func parse(_ range: String, sizeBytes: UInt64) -> FilePart {
    guard range.lowercased().hasPrefix("bytes="), !range.contains(",") else { return .whole }
    let bounds = HeaderText.trimmed(range.dropFirst(6)).split(
      separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard bounds.count == 2 else { return .whole }
    if bounds[0].isEmpty {
      guard let suffix = Digits.value(bounds[1]) else { return .whole }
      guard suffix > 0, sizeBytes > 0 else { return .unsatisfiable }
      let count = min(suffix, sizeBytes)
      return .part(offset: sizeBytes - count, count: count)
    }
    guard let first = Digits.value(bounds[0]) else { return .whole }
    let last = bounds[1].isEmpty ? UInt64.max : Digits.value(bounds[1])
    guard let last, last >= first else { return .whole }
    guard first < sizeBytes else { return .unsatisfiable }
    return .part(offset: first, count: min(last, sizeBytes - 1) - first + 1)
  }
}

extension HTTPResponse {
  /// What is really sent for `request`: files become the part that was asked for.
  func resolved(for request: HTTPRequest) -> HTTPResponse {
    guard case .file(let file) = body else { return self }
    var response = self
    let size = file.source.sizeBytes
    let shared = headers.filter { $0.name.hasPrefix("Access-Control-") }
    switch FilePart.decide(request, etag: file.etag, sizeBytes: size) {
    case .whole: response.body = .source(file.source, offset: 0, count: size)
    case .part(let offset, let count):
      response.status = 206
      response.body = .source(file.source, offset: offset, count: count)
      response.headers.append(("Content-Range", "bytes \(offset)-\(offset + count - 1)/\(size)"))
    case .notModified:
      response.status = 304
      response.headers.removeAll { $0.name == "Content-Type" || $0.name == "Content-Disposition" }
      // Not sent, but Content-Length must be the file's, not 0.
      response.body = .source(file.source, offset: 0, count: size)
    case .preconditionFailed:
      return .problem(412, "Other bytes", "The file's ETag is \"\(file.etag)\".", headers: shared)
    case .unsatisfiable:
      return .problem(
        416, "No such range", "The file has \(size) bytes.",
        headers: shared + [("Content-Range", "bytes */\(size)")])
    }
    return response
  }
}
