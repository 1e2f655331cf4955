import AcqCatalog
import AcqCore
import Foundation

/// What a query should give, computed in the plainest way, with Foundation's idea of words.
struct NaiveCatalog {
  var entries: [CatalogEntry]

  func search(_ query: CatalogQuery) -> [CatalogEntry] {
    entries.filter { matches($0, query) }.sorted { precedes($0, $1, query.sort) }
  }

  private func matches(_ entry: CatalogEntry, _ query: CatalogQuery) -> Bool {
    if let origin = query.origin, entry.origin != origin { return false }
    if let fromNs = query.fromNs {
      guard let endNs = entry.endNs, endNs >= fromNs else { return false }
    }
    if let toNs = query.toNs {
      guard let startNs = entry.startNs, startNs < toNs else { return false }
    }
    if let topic = query.topic, !entry.topics.contains(where: { matches($0.name, topic) }) { return false }
    guard let text = query.text else { return true }
    let texts = [entry.name, entry.originName, entry.id.hex] + entry.metadata.flatMap(\.fields).map(\.value)
    let present = texts.flatMap(words)
    return words(text).allSatisfy { wanted in present.contains { $0.hasPrefix(wanted) } }
  }

  private func matches(_ name: String, _ topic: String) -> Bool {
    guard topic.hasSuffix("*") else { return name == topic }
    return topic == "*" || name.hasPrefix(topic.dropLast())
  }

  private func words(_ text: String) -> [String] {
    text.folding(options: [.diacriticInsensitive, .caseInsensitive], locale: nil)
      .components(separatedBy: CharacterSet.alphanumerics.inverted).filter { !$0.isEmpty }
  }

  private func precedes(_ a: CatalogEntry, _ b: CatalogEntry, _ sort: CatalogSort) -> Bool {
    let (first, second) = sort.isDescending ? (b, a) : (a, b)
    if sort.key == .name {
      let order = first.name.compare(
        second.name, options: [.numeric, .caseInsensitive, .diacriticInsensitive])
      return order == .orderedSame ? first.id < second.id : order == .orderedAscending
    }
    // Whatever the direction, entries without a value are last.
    guard let one = value(a, sort.key), let other = value(b, sort.key) else {
      let (hasOne, hasOther) = (value(a, sort.key) != nil, value(b, sort.key) != nil)
      return hasOne == hasOther ? first.id < second.id : hasOne
    }
    guard one != other else { return first.id < second.id }
    return sort.isDescending ? one > other : one < other
  }

  private func value(_ entry: CatalogEntry, _ key: CatalogSort.Key) -> UInt64? {
    switch key {
    case .start: entry.startNs
    case .size: entry.sizeBytes
    case .duration: entry.durationNs
    case .name: nil
    }
  }
}
