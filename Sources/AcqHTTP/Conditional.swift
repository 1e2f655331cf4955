import AcqCore

/// Small things about header values.
enum HeaderText {
  /// Without spaces at both ends.
  static func trimmed(_ text: Substring) -> String {
    String(String(text.drop { $0 == " " }.reversed()).drop { $0 == " " }.reversed())
  }
}

/// What part of a file a request gets (RFC 9110 §13, §14). Pure.
enum FilePart: Equatable {
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
  /// RFC 9110 §14.2 allows.
  static func decide(_ request: HTTPRequest, etag: String, sizeBytes: UInt64) -> FilePart {
    let quoted = "\"\(etag)\""
    if let wanted = request.header("If-Match"), !matches(wanted, quoted) { return .preconditionFailed }
    if let known = request.header("If-None-Match"), matches(known, quoted) { return .notModified }
    guard let range = request.header("Range") else { return .whole }
    if let condition = request.header("If-Range"), condition != quoted { return .whole }
    return parse(range, sizeBytes: sizeBytes)
  }

  private static func matches(_ header: String, _ quoted: String) -> Bool {
    header.split(separator: ",").contains { part in
      let tag = HeaderText.trimmed(part)
      return tag == "*" || tag == quoted || tag == "W/\(quoted)"
    }
  }

  private static func parse(_ range: String, sizeBytes: UInt64) -> FilePart {
    guard range.hasPrefix("bytes="), !range.contains(",") else { return .whole }
    let bounds = range.dropFirst(6).split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard bounds.count == 2 else { return .whole }
    if bounds[0].isEmpty {
      guard let suffix = UInt64(bounds[1]) else { return .whole }
      guard suffix > 0, sizeBytes > 0 else { return .unsatisfiable }
      let count = min(suffix, sizeBytes)
      return .part(offset: sizeBytes - count, count: count)
    }
    guard let first = UInt64(bounds[0]) else { return .whole }
    guard first < sizeBytes else { return .unsatisfiable }
    guard !bounds[1].isEmpty else { return .part(offset: first, count: sizeBytes - first) }
    guard let last = UInt64(bounds[1]), last >= first else { return .whole }
    return .part(offset: first, count: min(last, sizeBytes - 1) - first + 1)
  }
}

extension HTTPResponse {
  /// What is really sent for `request`: files become the part that was asked for.
  func resolved(for request: HTTPRequest) -> HTTPResponse {
    guard case .file(let file) = body else { return self }
    var response = self
    let size = file.source.sizeBytes
    switch FilePart.decide(request, etag: file.etag, sizeBytes: size) {
    case .whole: response.body = .source(file.source, offset: 0, count: size)
    case .part(let offset, let count):
      response.status = 206
      response.body = .source(file.source, offset: offset, count: count)
      response.headers.append(("Content-Range", "bytes \(offset)-\(offset + count - 1)/\(size)"))
    case .notModified:
      response.status = 304
      response.body = .bytes([])
    case .preconditionFailed: return .problem(412, "Other bytes", "The file's ETag is \"\(file.etag)\".")
    case .unsatisfiable:
      return .problem(
        416, "No such range", "The file has \(size) bytes.", headers: [("Content-Range", "bytes */\(size)")])
    }
    return response
  }
}
