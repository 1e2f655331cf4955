/// The body of a RECORDING statement: a recording exists (protocol §4, kind 1).
public struct RecordingBody: Hashable, Sendable {
  /// Bytes of the file.
  public var sizeBytes: UInt64
  /// Root over its blocks and size (protocol §5).
  public var blockRoot: BlockHash
  /// Last path component; invalid UTF-8 bytes as %XX; at most 255 bytes.
  public var name: String
  /// Least log time of its messages, nanoseconds since 1970; nil without messages.
  public var startNs: UInt64?
  /// Greatest log time of its messages; nil without messages.
  public var endNs: UInt64?
  /// Whether it has no footer.
  public var isCutOff: Bool
  /// The recording that this one was made from.
  public var parent: ContentID?
  /// How it was made from `parent`.
  public var derivation: String?
  /// Fields as they stood at sealing; only when cut off.
  public var setup: [String: String]?

  /// A body; see the properties.
  public init(
    sizeBytes: UInt64, blockRoot: BlockHash, name: String, startNs: UInt64? = nil, endNs: UInt64? = nil,
    isCutOff: Bool, parent: ContentID? = nil, derivation: String? = nil, setup: [String: String]? = nil
  ) {
    self.sizeBytes = sizeBytes
    self.blockRoot = blockRoot
    self.name = name
    self.startNs = startNs
    self.endNs = endNs
    self.isCutOff = isCutOff
    self.parent = parent
    self.derivation = derivation
    self.setup = setup
  }

  /// Canonical CBOR.
  public var encoded: [UInt8] {
    CBOR.numbered([
      1: .unsigned(sizeBytes), 2: .bytes(blockRoot.bytes), 3: .text(name), 4: startNs.map(CBOR.unsigned),
      5: endNs.map(CBOR.unsigned), 6: .unsigned(isCutOff ? 1 : 0), 7: parent.map { .bytes($0.bytes) },
      8: derivation.map(CBOR.text), 9: setup.map { .named($0.mapValues(CBOR.text)) },
    ]).encoded
  }

  /// Nil when the body does not parse: such a statement is kept, without effect.
  public init?(decoding bytes: [UInt8]) {
    guard let map = try? CBOR(decoding: bytes), let sizeBytes = map[1]?.unsigned,
      sizeBytes <= Limits.recordingBytesMax, let root = map[2]?.bytes.flatMap({ BlockHash($0) }),
      let name = map[3]?.text, name.utf8.count <= Limits.nameBytesMax, let form = map[6]?.unsigned, form <= 1
    else { return nil }
    self.init(
      sizeBytes: sizeBytes, blockRoot: root, name: name, startNs: map[4]?.unsigned, endNs: map[5]?.unsigned,
      isCutOff: form == 1, parent: map[7]?.bytes.flatMap { ContentID($0) }, derivation: map[8]?.text,
      setup: map[9].flatMap(Self.fields))
  }

  private static func fields(_ value: CBOR) -> [String: String]? {
    guard case .map(let pairs) = value else { return nil }
    return Dictionary(
      pairs.compactMap { pair in pair.key.text.flatMap { key in pair.value.text.map { (key, $0) } } },
      uniquingKeysWith: { first, _ in first })
  }
}

/// The body of a HOLDING statement: one shard of a node's receipt (protocol §4, kind 2).
public struct HoldingBody: Hashable, Sendable {
  /// Verified, read back from media; ascending.
  public var held: [ContentID]
  /// Had and freed; ascending.
  public var freed: [ContentID]
  /// When it was said, for people; milliseconds since 1970.
  public var asOfMs: UInt64
  /// Which of `held` are in the author's catalog; nil when it keeps none.
  public var catalogued: Set<ContentID>?

  /// A body; the lists are sorted here.
  public init(held: [ContentID], freed: [ContentID], asOfMs: UInt64, catalogued: Set<ContentID>? = nil) {
    self.held = held.sorted()
    self.freed = freed.sorted()
    self.asOfMs = asOfMs
    self.catalogued = catalogued
  }

  /// Canonical CBOR.
  public var encoded: [UInt8] {
    var bitmap: [UInt8]?
    if let catalogued {
      var bits = [UInt8](repeating: 0, count: (held.count + 7) / 8)
      for (index, id) in held.enumerated() where catalogued.contains(id) {
        bits[index / 8] |= 1 << UInt8(index % 8)
      }
      bitmap = bits
    }
    return CBOR.numbered([
      1: .bytes(held.flatMap(\.bytes)), 2: .bytes(freed.flatMap(\.bytes)), 3: .unsigned(asOfMs),
      4: bitmap.map(CBOR.bytes),
    ]).encoded
  }

  /// Nil when the body does not parse.
  public init?(decoding bytes: [UInt8]) {
    guard let map = try? CBOR(decoding: bytes), let held = map[1]?.bytes.flatMap(Self.ids),
      let freed = map[2]?.bytes.flatMap(Self.ids), held.count + freed.count <= Limits.holdingShardMax
    else { return nil }
    var catalogued: Set<ContentID>?
    if let bits = map[4]?.bytes {
      guard bits.count == (held.count + 7) / 8 else { return nil }
      catalogued = Set(
        held.enumerated().filter { bits[$0.offset / 8] >> UInt8($0.offset % 8) & 1 == 1 }.map(\.element))
    }
    self.init(held: held, freed: freed, asOfMs: map[3]?.unsigned ?? 0, catalogued: catalogued)
  }

  private static func ids(_ bytes: [UInt8]) -> [ContentID]? {
    guard bytes.count.isMultiple(of: 32) else { return nil }
    let ids = stride(from: 0, to: bytes.count, by: 32).compactMap { ContentID(bytes[$0..<$0 + 32]) }
    return zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 } ? ids : nil
  }
}

/// The body of an ANNOTATION statement: what one author said of a run's fields (protocol §4, kind 3).
public struct AnnotationBody: Hashable, Sendable {
  /// One field's edit.
  public struct Edit: Hashable, Sendable {
    /// 1 + the highest seen for that field when it was made.
    public var edit: UInt32
    /// The value; nil removes the field.
    public var text: String?
    /// When, milliseconds since 1970, for people.
    public var atMs: UInt64
    /// Who, for people.
    public var by: String
    /// An edit.
    public init(edit: UInt32, text: String?, atMs: UInt64, by: String) {
      self.edit = edit
      self.text = text
      self.atMs = atMs
      self.by = by
    }
  }
  /// Field name → latest edit by this author.
  public var fields: [String: Edit]

  /// A body.
  public init(fields: [String: Edit]) { self.fields = fields }

  /// Canonical CBOR.
  public var encoded: [UInt8] {
    CBOR.numbered([
      1: .named(
        fields.mapValues {
          .array([
            .unsigned(UInt64($0.edit)), $0.text.map(CBOR.text) ?? .null, .unsigned($0.atMs), .text($0.by),
          ])
        })
    ]).encoded
  }

  /// Nil when the body does not parse.
  public init?(decoding bytes: [UInt8]) {
    guard let map = try? CBOR(decoding: bytes), case .map(let pairs)? = map[1] else { return nil }
    fields = [:]
    for pair in pairs {
      guard let name = pair.key.text, case .array(let parts) = pair.value, parts.count == 4,
        let edit = parts[0].unsigned.flatMap({ UInt32(exactly: $0) }), let atMs = parts[2].unsigned,
        let by = parts[3].text, parts[1] == .null || parts[1].text != nil
      else { return nil }
      fields[name] = Edit(edit: edit, text: parts[1].text, atMs: atMs, by: by)
    }
  }
}

/// The body of a NODE statement: the author about itself (protocol §4, kind 5).
public struct NodeBody: Hashable, Sendable {
  /// The name on its card.
  public var name: String
  /// Bytes free where it stores.
  public var freeBytes: UInt64
  /// Its program's version.
  public var version: String
  /// Whether its clock can be believed (protocol §11).
  public var isClockSet: Bool

  /// A body.
  public init(name: String, freeBytes: UInt64, version: String, isClockSet: Bool) {
    self.name = name
    self.freeBytes = freeBytes
    self.version = version
    self.isClockSet = isClockSet
  }

  /// Canonical CBOR.
  public var encoded: [UInt8] {
    CBOR.numbered([1: .text(name), 2: .unsigned(freeBytes), 3: .text(version), 4: .bool(isClockSet)]).encoded
  }

  /// Nil when the body does not parse.
  public init?(decoding bytes: [UInt8]) {
    guard let map = try? CBOR(decoding: bytes), let name = map[1]?.text, let free = map[2]?.unsigned,
      let version = map[3]?.text, case .bool(let isClockSet)? = map[4]
    else { return nil }
    self.init(name: name, freeBytes: free, version: version, isClockSet: isClockSet)
  }
}
