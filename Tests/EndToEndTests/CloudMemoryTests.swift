import AcqCore
import AcqCrypto
import Foundation
import TestSupport
import Testing

extension Trait where Self == ConditionTrait {
  /// Skipped where memory cgroups of version 1 cannot be made.
  static var needsMemoryGroup: Self {
    .enabled(if: MemoryGroup.isAvailable, "needs memory-cgroup: no cgroup v1 memory controller to write to")
  }
}

/// A season's cloud on a small machine.
@Suite("Cloud: memory", .serialized) struct CloudMemoryTests {
  /// With ACQD_SOAK the whole size, otherwise a fifth of it in less memory.
  private static let isSoak = ProcessInfo.processInfo.environment["ACQD_SOAK"] != nil
  /// The simulated car writes 130 kB a second.
  private static let seconds = isSoak ? 5_000 : 1_000
  private static let limitBytes = (isSoak ? 512 : 200) << 20

  @Test(
    "10,000 recordings, ingest of a large one and its MAT export fit a small machine", .needsRoot,
    .needsMemoryGroup, .needsTool("curl"))
  func season() throws {
    let team = try TestTeam([.car, .cloud]) { node, other in node.role == .car ? other.address : nil }
    let (car, cloud) = (team[.car], team[.cloud])
    let old = try HostilePeer(.car, name: "old")
    try cloud.trust(old)
    let began = ContinuousClock.now
    try CloudFilling.fill(cloud, 10_000, origin: old)
    print("filled in \(ContinuousClock.now - began)")
    let group = try MemoryGroup(limitBytes: Self.limitBytes)
    let start = ContinuousClock.now
    try cloud.start(wrapper: group.wrapper)
    try cloud.waitUntilUp(seconds: 60)
    print("up after \(ContinuousClock.now - start)")
    let status = try cloud.status()
    #expect(status.held == 10_000)
    try Self.settle(cloud)
    let idle = try cloud.residentBytes()
    print("idle with 10,000 recordings: \(idle >> 10) KiB resident, peak \(try cloud.peakBytes() >> 10) KiB")

    let path = car.incoming + "/large.mcap"
    let words = ["simulate", path + ".part", "--seconds", "\(Self.seconds)"]
    #expect(try TestProcess.run(try Repository.product("acqd"), words).status == 0)
    try FileManager.default.moveItem(atPath: path + ".part", toPath: path)
    let size = try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    let hash = try TestNode.hashes([path])[path] ?? ""
    let travel = ContinuousClock.now
    try car.startAndWait()
    try waitUntil("the large one is catalogued", seconds: 600) {
      guard cloud.isRunning else {
        throw TestSupportError("the cloud was killed:\n\(cloud.logText.suffix(2000))")
      }
      return cloud.logText.contains("catalogued recording=\(hash.prefix(8))")
    }
    let peak = try cloud.peakBytes()
    print(
      "\(size >> 20) MiB sealed, pulled, catalogued in \(ContinuousClock.now - travel), peak \(peak >> 10) KiB"
    )
    let export = ContinuousClock.now
    let file = team.directory + "/out.mat"
    let answer = try TestProcess.run(
      "curl",
      [
        "-sS", "--unix-socket", cloud.socketPath, "-o", file, "-w", "%{http_code}",
        "http://localhost/recordings/\(hash).mat",
      ], seconds: 600)
    #expect(answer.text == "200", "\(answer.text) \(answer.errorText)")
    let exported = try FileManager.default.attributesOfItem(atPath: file)[.size] as? Int ?? 0
    print(
      "MAT of \(exported >> 20) MiB in \(ContinuousClock.now - export), peak \(try cloud.peakBytes() >> 10) KiB,",
      "the limit was met \(group.failCount) times")
    #expect(cloud.isRunning)
    #expect(try cloud.status().held == 10_001)
    #expect(idle <= 60 << 20, "an idle daemon takes \(idle >> 10) KiB")
    #expect(try cloud.peakBytes() <= Self.limitBytes)
  }

  /// Waits until two looks at the memory, a second apart, are alike.
  private static func settle(_ node: TestNode) throws {
    var last = 0
    var looked = ContinuousClock.now
    try waitUntil("the memory is steady", seconds: 60) {
      guard ContinuousClock.now - looked > .seconds(2) else { return false }
      looked = .now
      let now = try node.residentBytes()
      defer { last = now }
      return abs(now - last) < 256 << 10
    }
  }
}
