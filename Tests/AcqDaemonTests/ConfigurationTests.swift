import AcqCore
import AcqDaemon
import AcqHTTP
import Foundation
import TestSupport
import Testing

@Suite("Configuration") struct ConfigurationTests {
  static let surroundings = Configuration.Surroundings(
    stateDirectory: nil, home: "/home/ada", isRoot: false, directory: "/etc/acqd",
    hasTimeZone: { $0 == "Europe/Berlin" })

  static func parse(_ text: String, role: Role = .car) throws -> Configuration {
    try Configuration.parse(text, file: "f.yaml", role: role, surroundings: surroundings)
  }

  /// What is wrong with `text`, one line a problem.
  static func problems(_ text: String, role: Role = .car) -> String {
    do {
      _ = try parse(text, role: role)
      return "nothing"
    } catch {
      return "\(error)"
    }
  }

  @Test("an empty file and one of comments are the defaults")
  func defaults() throws {
    for role in Role.allCases {
      let configuration = Configuration(role: role, surroundings: Self.surroundings)
      #expect(try Self.parse("", role: role) == configuration)
      #expect(try Self.parse("# nothing\n", role: role) == configuration)
      #expect(configuration.state == "/home/ada/.local/state/acqd/\(role.name)")
      #expect(configuration.minFreeBytes == 2 << 30)
      #expect(configuration.cacheMax == .percent(10))
      #expect(configuration.catalog == .sqlite)
    }
    let ports = Role.allCases.map { [$0.replicationPort, $0.httpPort] }
    #expect(ports == [[7461, 8461], [7462, 8462], [7463, 8463]])
  }

  @Test("the state directory comes from systemd, from root, or from the user, in this order")
  func stateDirectory() {
    var surroundings = Self.surroundings
    surroundings.isRoot = true
    #expect(Configuration(role: .base, surroundings: surroundings).state == "/var/lib/acqd")
    surroundings.stateDirectory = "/var/lib/private/acqd:/other"
    #expect(Configuration(role: .base, surroundings: surroundings).state == "/var/lib/private/acqd")
  }

  @Test("every key is read")
  func everyKey() throws {
    let car = try Self.parse(
      """
      state: /srv/acqd
      name: car-1
      listen: "[::1]:1000"
      http:
        listen: 192.168.1.5:80
        trusted_proxies: [10.0.0.1]
        readers: [10.0.0.0/24, "fc00::/7"]
      recorder: {directory: logs}
      team: [team.cards, ~/more.cards, /abs.cards]
      time_zone: Europe/Berlin
      min_free: 500 MB
      retention:
        copies: 3
        keepers: archive
      log_level: debug
      """)
    #expect(car.state == "/srv/acqd")
    #expect(car.name == "car-1")
    #expect(car.listen == Endpoint(host: "::1", port: 1000))
    #expect(car.http.listen == Endpoint(host: "192.168.1.5", port: 80))
    #expect(car.http.trustedProxies.map(\.text) == ["10.0.0.1"])
    #expect(car.http.readers.map(\.text) == ["10.0.0.0/24", "fc00::/7"])
    #expect(car.recorderDirectory == "/etc/acqd/logs")
    #expect(car.team == ["/etc/acqd/team.cards", "/home/ada/more.cards", "/abs.cards"])
    #expect(car.timeZone == "Europe/Berlin")
    #expect(car.minFreeBytes == 500_000_000)
    #expect(car.retention.copies == 3)
    #expect(car.retention.keepers == ["archive"])
    #expect(car.logLevel == .debug)
    let cloud = try Self.parse("cache_max: 20 GiB\ncatalog: sqlite\nhttp:\n  listen: 9000\n", role: .cloud)
    #expect(cloud.cacheMax == .bytes(20 << 30))
    #expect(cloud.http.listen == Endpoint(host: "*", port: 9000))
  }

  @Test("a car's recorder writes into its state directory unless said otherwise")
  func incoming() throws {
    #expect(try Self.parse("state: /srv/x\n").recorderDirectory == "/srv/x/incoming")
    #expect(try Self.parse("", role: .base).recorderDirectory == nil)
  }

  @Test("every shipped configuration file loads", arguments: Role.allCases)
  func shipped(role: Role) throws {
    let path = Repository.path("config/\(role.name).yaml")
    let text = try String(contentsOfFile: path, encoding: .utf8)
    _ = try Self.parse(text, role: role)
    // What stands behind a # is an example that must load too, and it must be the default.
    let all = text.split(separator: "\n").map { line in
      line.hasPrefix("#") && !line.hasPrefix("# ") && !line.hasPrefix("#  #")
        ? String(line.dropFirst()) : String(line)
    }.joined(separator: "\n")
    let configuration = try Self.parse(all, role: role)
    let defaults = Configuration(role: role, surroundings: Self.surroundings)
    #expect(configuration.minFreeBytes == defaults.minFreeBytes)
    #expect(configuration.cacheMax == defaults.cacheMax)
    #expect(configuration.retention == defaults.retention)
    #expect(configuration.listen.port == defaults.listen.port)
    #expect(configuration.http.listen.port == defaults.http.listen.port)
    #expect(configuration.logLevel == defaults.logLevel)
  }

  @Test("MongoDB is for clouds")
  func mongodb() throws {
    let uri = "mongodb://u:p@db.example/acqd"
    #if MongoDB
      #expect(try Self.parse("catalog: \(uri)\n", role: .cloud).catalog == .mongodb(uri))
    #endif
    #expect(Self.problems("catalog: \(uri)\n", role: .base).contains("only a cloud"))
    #expect(!Self.problems("catalog: \(uri)\n", role: .base).contains("u:p"), "a password is never shown")
  }
}
