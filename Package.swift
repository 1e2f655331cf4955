// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target: Swift 6 mode, warnings are errors, imports are private unless said otherwise.
let base: [SwiftSetting] = [
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// Rooms that import no C library: every unsafe operation must say so.
let strict = base + [.strictMemorySafety()]

/// Coverage counters for libFuzzer; the flag goes on every target so that the code under test is seen.
let fuzzing = Context.environment["ACQD_FUZZ"] == "1"
let instrument: [SwiftSetting] = fuzzing ? [.unsafeFlags(["-sanitize=fuzzer"])] : []

func room(
  _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = strict,
  exclude: [String] = []
) -> Target {
  .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings + instrument)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], exclude: exclude, swiftSettings: base)
}

func library(_ name: String, pkgConfig: String, apt: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let mongoc = Target.Dependency.target(name: "CMongoc", condition: .when(traits: ["MongoDB"]))

var targets: [Target] = [
  // C libraries. Each is imported by exactly one Swift module.
  library("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
  library("COpenSSL", pkgConfig: "libcrypto", apt: "libssl-dev"),
  library("CZstd", pkgConfig: "libzstd", apt: "libzstd-dev"),
  library("CLZ4", pkgConfig: "liblz4", apt: "liblz4-dev"),
  library("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),
  library("CDeflate", pkgConfig: "libdeflate", apt: "libdeflate-dev"),
  library("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
  library("CMongoc", pkgConfig: "libmongoc-1.0", apt: "libmongoc-dev"),
  library("CMicrohttpd", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
  library("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
  library("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
  .target(name: "CLinux"),
  .target(name: "CWebAssets", exclude: ["www"], cSettings: [.unsafeFlags(["-std=c23"])]),

  // Bottom and pure: no files, sockets, clocks, threads.
  room("AcqCore"),
  room("AcqCrypto", ["AcqCore", "CSodium", "COpenSSL"], settings: base),
  room("AcqCompression", ["AcqCore", "CZstd", "CLZ4", "CZlib", "CDeflate"], settings: base),
  room("AcqWire", ["AcqCore", "AcqCrypto"]),
  room("AcqReplication", ["AcqCore", "AcqCrypto", "AcqWire"]),
  room("MCAP", ["AcqCore", "AcqCompression"]),
  room("AcqSignals", ["AcqCore", "AcqCrypto", "MCAP"]),
  room("AcqExport", ["AcqCore", "AcqCompression", "MCAP", "AcqSignals"]),
  room("AcqPages", ["AcqCore", "CWebAssets"], settings: base),

  // Shell: talks to the world.
  room("AcqSystem", ["AcqCore", "CLinux"], settings: base),
  room("AcqDatabase", ["AcqCore", "AcqSystem", "CSQLite"], settings: base),
  room("AcqStore", ["AcqCore", "AcqCrypto", "AcqSystem", "AcqDatabase"]),
  room("AcqCatalog", ["AcqCore", "AcqSystem", "AcqDatabase", mongoc], settings: base),
  room("AcqHTTP", ["AcqCore", "AcqSystem", "CMicrohttpd", "CCurl"], settings: base),

  // Top.
  room(
    "AcqDaemon",
    [
      "AcqCore", "AcqCrypto", "AcqCompression", "AcqWire", "AcqReplication", "MCAP", "AcqSignals",
      "AcqExport", "AcqPages", "AcqSystem", "AcqDatabase", "AcqStore", "AcqCatalog", "AcqHTTP", "CYAML",
    ], settings: base),
  .executableTarget(
    name: "acqd",
    dependencies: [
      "AcqCore", "AcqCrypto", "AcqWire", "AcqReplication", "MCAP", "AcqSignals", "AcqExport", "AcqSystem",
      "AcqStore", "AcqCatalog", "AcqHTTP", "AcqPages", "AcqDaemon",
    ], swiftSettings: base),

  // Judges.
  .target(
    name: "TestSupport", dependencies: ["AcqCore"], path: "Tests/TestSupport", swiftSettings: base),
  tests("AcqCoreTests", ["AcqCore"]),
  tests("AcqCryptoTests", ["AcqCore", "AcqCrypto"]),
  tests("AcqCompressionTests", ["AcqCore", "AcqCompression"]),
  tests("AcqWireTests", ["AcqCore", "AcqCrypto", "AcqWire"]),
  tests("AcqReplicationTests", ["AcqCore", "AcqCrypto", "AcqWire", "AcqReplication"]),
  tests("MCAPTests", ["AcqCore", "AcqCompression", "MCAP", "acqd"]),
  tests("AcqSignalsTests", ["AcqCore", "MCAP", "AcqSignals"], exclude: ["Judges"]),
  tests("AcqExportTests", ["AcqCore", "MCAP", "AcqSignals", "AcqExport"], exclude: ["Judges"]),
  tests("AcqPagesTests", ["AcqCore", "AcqPages"]),
  tests("AcqSystemTests", ["AcqCore", "AcqSystem"]),
  tests("AcqDatabaseTests", ["AcqCore", "AcqDatabase"]),
  tests("AcqStoreTests", ["AcqCore", "AcqCrypto", "AcqSystem", "AcqDatabase", "AcqStore"]),
  tests("AcqCatalogTests", ["AcqCore", "AcqDatabase", "AcqCatalog"]),
  tests("AcqHTTPTests", ["AcqCore", "AcqSystem", "AcqHTTP"]),
  tests(
    "AcqDaemonTests",
    [
      "AcqCore", "AcqCrypto", "AcqWire", "AcqReplication", "MCAP", "AcqExport", "AcqSystem", "AcqStore",
      "AcqCatalog", "AcqHTTP", "AcqDaemon",
    ]),
  tests("acqdTests", ["AcqCore", "AcqCrypto", "AcqHTTP", "AcqDaemon", "acqd"]),
  tests(
    "EndToEndTests",
    [
      "AcqCore", "AcqCompression", "AcqCrypto", "AcqWire", "AcqReplication", "MCAP", "AcqSystem", "AcqStore",
      "AcqCatalog",
    ]),
  tests("TidyTests", []),
  .executableTarget(
    name: "acqd-bench",
    dependencies: [
      "AcqCore", "AcqCrypto", "AcqWire", "AcqReplication", "MCAP", "AcqSignals", "AcqExport", "AcqSystem",
      "AcqStore", "AcqCatalog", "AcqDaemon",
    ], path: "Tests/Benchmarks", swiftSettings: base),
]

let package = Package(
  name: "acqd",
  products: [.executable(name: "acqd", targets: ["acqd"])],
  traits: [
    .trait(
      name: "MongoDB", description: "The cloud role's MongoDB catalog; without it only SQLite is linked."),
    .default(enabledTraits: ["MongoDB"]),
  ],
  targets: targets,
  swiftLanguageModes: [.v6])
