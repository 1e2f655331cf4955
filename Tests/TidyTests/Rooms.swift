/// Which modules each room may import. A new arrow is a change to this table, seen in review.
/// Pure rooms import neither Glibc nor Foundation; Foundation is in no row.
enum Rooms {
  /// Values and decisions: no files, sockets, clocks, threads.
  static let pure: [String: Set<String>] = [
    "AcqCore": [],
    "AcqCrypto": ["AcqCore", "CSodium", "COpenSSL"],
    "AcqCompression": ["AcqCore", "CZstd", "CLZ4", "CZlib", "CDeflate"],
    "AcqWire": ["AcqCore", "AcqCrypto"],
    "AcqReplication": ["AcqCore", "AcqCrypto", "AcqWire"],
    "MCAP": ["AcqCore", "AcqCompression"],
    "AcqSignals": ["AcqCore", "AcqCrypto", "MCAP"],
    "AcqExport": ["AcqCore", "AcqCompression", "MCAP", "AcqSignals"],
    "AcqPages": ["AcqCore", "CWebAssets"],
  ]

  /// What touches the world. `Synchronization` is the toolchain's Mutex and Atomic.
  static let shell: [String: Set<String>] = [
    "AcqSystem": ["AcqCore", "CLinux", "Glibc", "Synchronization"],
    "AcqDatabase": ["AcqCore", "AcqSystem", "CSQLite", "Synchronization"],
    "AcqStore": ["AcqCore", "AcqCrypto", "AcqSystem", "AcqDatabase", "Synchronization"],
    "AcqCatalog": ["AcqCore", "AcqSystem", "AcqDatabase", "CMongoc", "Synchronization"],
    // glibc: libmicrohttpd hands out C's socket addresses and takes C's file descriptors.
    "AcqHTTP": ["AcqCore", "AcqSystem", "CMicrohttpd", "CCurl", "Glibc", "Synchronization"],
  ]

  /// What puts the rooms together.
  static let top: [String: Set<String>] = [
    "AcqDaemon": everyRoom.union(["CYAML", "Synchronization"]),
    // glibc: the environment, the user and the exit status, which nothing below may know.
    "acqd": everyRoom.union(["AcqDaemon", "Synchronization", "Glibc"]),
  ]

  /// Pure and shell rooms.
  static let everyRoom = Set(pure.keys).union(shell.keys)

  /// Every row.
  static let all = pure.merging(shell) { $1 }.merging(top) { $1 }

  /// C modules and who alone may import each: whoever has it in the row.
  static var importersOfC: [String: [String]] {
    var importers: [String: [String]] = [:]
    for (room, modules) in all {
      for module in modules where isC(module) { importers[module, default: []].append(room) }
    }
    return importers
  }

  /// Whether `module` is one of Sources/C….
  static func isC(_ module: String) -> Bool {
    module.first == "C" && module.dropFirst().first?.isUppercase == true
  }

  /// Files that import no C library and use unsafe operations all the same, with the reason.
  static let unsafeFiles: [String: String] = [
    "Sources/AcqCrypto/BlockMap.swift": "hands a slice's bytes to the hash without copying a block",
    "Sources/AcqCrypto/FileDigest.swift": "hands a slice's bytes to both hashes without copying them",
    "Sources/AcqCrypto/NodeKey.swift": "hands a seed's bytes to libsodium through Ed25519",
    "Sources/AcqCrypto/Octets.swift": "arrays that a C function fills, and their bytes",
    "Sources/MCAP/LittleEndian.swift": "unaligned loads, bounds-checked against a span",
  ]
}
