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
    "AcqHTTP": ["AcqCore", "AcqSystem", "CMicrohttpd", "CCurl", "Synchronization"],
  ]

  /// What puts the rooms together.
  static let top: [String: Set<String>] = [
    "AcqDaemon": everyRoom.union(["CYAML", "Synchronization"]),
    "acqd": everyRoom.union(["AcqDaemon", "Synchronization"]),
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

  /// Files of rooms without a C library that use unsafe operations all the same, with the reason.
  static let unsafeFiles: [String: String] = [
    "Sources/MCAP/LittleEndian.swift": "one bounds-checked load; byte by byte, a scan takes half as long again"
  ]
}
