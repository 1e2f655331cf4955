public import AcqCore
import AcqCrypto

/// Keys that tried to connect and are not known: what `acqd trust --pending` shows. Only the Noise key is seen in a
/// handshake, so that a person must ask that node for its card.
public struct PendingPeers: Hashable, Sendable {
  /// One unknown key.
  public struct Entry: Hashable, Sendable {
    /// `Fingerprint.text` of the key.
    public let fingerprint: String
    /// Where it came from last.
    public var address: String
    /// When, in milliseconds since 1970.
    public var seenMs: UInt64
  }

  /// A stranger with many keys must not cost memory (protocol §1).
  public static let countMax = 64
  /// The latest last.
  public private(set) var entries: [Entry] = []

  /// Nobody.
  public init() {}

  /// Notes an unknown key; returns whether it is a new one, worth a line in the log.
  public mutating func saw(noisePublic: [UInt8], from address: String, atMs seenMs: UInt64) -> Bool {
    let entry = Entry(fingerprint: Fingerprint.text(noisePublic), address: address, seenMs: seenMs)
    let known = entries.firstIndex { $0.fingerprint == entry.fingerprint }
    if let known { entries.remove(at: known) }
    if entries.count == Self.countMax { entries.removeFirst() }
    entries.append(entry)
    return known == nil
  }

  /// Forgets a key that is trusted now.
  public mutating func remove(noisePublic: [UInt8]) {
    let fingerprint = Fingerprint.text(noisePublic)
    entries.removeAll { $0.fingerprint == fingerprint }
  }
}

/// As `GET /api/v1/pending` answers it.
extension PendingPeers {
  /// `{pending: [{fingerprint, address, seenMs}]}`, the latest last.
  public var json: JSON {
    let items = entries.map { entry -> JSON in
      .members([
        "fingerprint": .string(entry.fingerprint), "address": .string(entry.address),
        "seenMs": .string(String(entry.seenMs)),
      ])
    }
    return .members(["pending": .array(items)])
  }

  /// What `json` says; nil when it is something else.
  public static func entries(_ json: JSON) -> [Entry]? {
    guard let items = json["pending"]?.array else { return nil }
    let entries = items.compactMap { item -> Entry? in
      guard let fingerprint = item["fingerprint"]?.string, let address = item["address"]?.string,
        let seenMs = item["seenMs"]?.string.flatMap({ UInt64($0) })
      else { return nil }
      return Entry(fingerprint: fingerprint, address: address, seenMs: seenMs)
    }
    return entries.count == items.count ? entries : nil
  }
}

/// What people compare when a key shows up without its card.
public enum Fingerprint {
  /// The first 8 bytes of the Noise key's SHA-256, as four groups of hexadecimal digits.
  public static func text(_ noisePublic: [UInt8]) -> String {
    let digits = Array(SHA256.hash(noisePublic, as: BlockHash.self).hex.prefix(16))
    return stride(from: 0, to: 16, by: 4).map { String(digits[$0..<$0 + 4]) }.joined(separator: "-")
  }
}
