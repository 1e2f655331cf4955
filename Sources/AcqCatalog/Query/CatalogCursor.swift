package import AcqCore

/// A place in an order: after one entry. It names the entry's key, not a count, so that pages stay right while
/// recordings come and go.
public struct CatalogCursor: Hashable, Sendable, CustomStringConvertible {
  /// The value that an order compares.
  package enum Value: Hashable, Sendable {
    case integer(Int64)
    case text(String)
  }

  /// The order in which it is a place.
  public let sort: CatalogSort
  /// The entry's value; nil without messages.
  package let value: Value?
  /// The entry's id.
  package let id: ContentID

  package init(sort: CatalogSort, value: Value?, id: ContentID) {
    self.sort = sort
    self.value = value
    self.id = id
  }

  /// The place after `entry`.
  package init(after entry: CatalogEntry, in sort: CatalogSort) {
    let value: Value? =
      switch sort.key {
      case .start: entry.startNs.map { .integer(Int64(clamping: $0)) }
      case .name: .text(NameOrder.key(entry.name))
      case .size: .integer(Int64(clamping: entry.sizeBytes))
      case .duration: entry.durationNs.map { .integer(Int64(clamping: $0)) }
      }
    self.init(sort: sort, value: value, id: entry.id)
  }
}

// MARK: - Text

extension CatalogCursor {
  /// Raised when the bytes or what they mean changes: an old link is then refused, not misread.
  private static let version: UInt8 = 1

  /// Opaque text for URLs: base64url of version, order, value, id and their CRC-32.
  public var description: String {
    var writer = ByteWriter()
    writer.write(Self.version)
    guard let key = CatalogSort.Key.allCases.firstIndex(of: sort.key) else {
      preconditionFailure("every key is one of all")
    }
    writer.write(UInt8(key) << 1 | (sort.isDescending ? 1 : 0))
    writer.write(id)
    switch value {
    case nil: break
    case .integer(let number): writer.writeBigEndian(number)
    case .text(let text): writer.write(text: text)
    }
    writer.writeBigEndian(CRC32.checksum(writer.bytes))
    return Base64URL.encode(writer.bytes)
  }

  /// Reads `description`; anything else, or a cursor of another order than `sort`, throws.
  public init(_ text: some StringProtocol, sort: CatalogSort) throws(CatalogError) {
    guard text.utf8.count <= 2 * CatalogLimits.nameKeyBytesMax, let bytes = Base64URL.decode(text),
      let cursor = try? Self.read(bytes)
    else { throw CatalogError(.invalidQuery, "the cursor is not one of this catalog's") }
    guard cursor.sort == sort else {
      throw CatalogError(.invalidQuery, "the cursor belongs to sort=\(cursor.sort), not to sort=\(sort)")
    }
    self = cursor
  }

  private static func read(_ bytes: [UInt8]) throws(CoreError) -> CatalogCursor? {
    guard bytes.count >= 38 else { return nil }
    var reader = ByteReader(bytes.dropLast(4))
    var tail = ByteReader(bytes.suffix(4))
    guard try tail.readBigEndian(UInt32.self) == CRC32.checksum(Array(bytes.dropLast(4))) else { return nil }
    guard try reader.readUInt8() == version else { return nil }
    let order = try reader.readUInt8()
    guard order >> 1 < CatalogSort.Key.allCases.count else { return nil }
    let sort = CatalogSort(CatalogSort.Key.allCases[Int(order >> 1)], isDescending: order & 1 == 1)
    let id = try reader.readDigest(ContentID.self)
    if sort.key == .name {
      guard reader.remaining <= CatalogLimits.nameKeyBytesMax else { return nil }
      return CatalogCursor(sort: sort, value: .text(try reader.readText(reader.remaining)), id: id)
    }
    guard !reader.isAtEnd else {
      return sort.isOptional ? CatalogCursor(sort: sort, value: nil, id: id) : nil
    }
    let number = try reader.readBigEndian(Int64.self)
    try reader.expectEnd()
    return number >= 0 ? CatalogCursor(sort: sort, value: .integer(number), id: id) : nil
  }
}
