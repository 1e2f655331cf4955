import AcqCore
import AcqCrypto
import AcqReplication

func makeNodeID(_ text: String) -> NodeID { NodeID(sameBytesAs: makeDigest(text)) }

func makeHash(_ random: inout SeededRandom) -> StatementHash {
  guard let hash = StatementHash(random.bytes(32)) else { preconditionFailure("32 bytes") }
  return hash
}

/// `mask` other than 255 makes keys that share long prefixes.
func makeKey(_ random: inout SeededRandom, mask: UInt8 = 255) -> RegisterKey {
  guard let key = RegisterKey(random.bytes(32).map { $0 & mask }) else { preconditionFailure("32 bytes") }
  return key
}

/// Random registers of one author, stored in the order of making.
func makeRows(
  author: NodeID, count: Int, seed: UInt64, mask: UInt8 = 255
) -> [(author: NodeID, key: RegisterKey, entry: ManifestEntry)] {
  var random = SeededRandom(seed: seed)
  return (0..<count).map { index in
    let entry = ManifestEntry(
      sequence: UInt64.random(in: 0..<5, using: &random), hash: makeHash(&random), stored: UInt64(index) + 1,
      source: nil)
    return (author, makeKey(&random, mask: mask), entry)
  }
}

/// How many random cases: CI runs an optimised build.
func scaled(debug: Int, release: Int) -> Int {
  #if DEBUG
    debug
  #else
    release
  #endif
}
