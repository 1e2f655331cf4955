import AcqCore
import AcqCrypto
import Foundation
import TestSupport
import Testing

/// The real program, as a person starts it.
@Suite("Command line: identity and trust") struct IdentityCommandTests {
  private func run(_ words: String..., home: String = "/nonexistent") throws -> ProcessResult {
    try TestProcess.run(
      try Repository.product("acqd"), words, environment: ["HOME": home, "PATH": "/usr/bin:/bin"], seconds: 60
    )
  }

  @Test("versions of program, protocol and databases are printed")
  func version() throws {
    let result = try run("--version")
    #expect(result.status == 0)
    #expect(result.text.hasPrefix("acqd \(Version.program)\nprotocol 1\nnode database 1\ncatalog 1 (SQLite"))
  }

  @Test("a wrong command line is status 64 with a hint; help is status 0")
  func usage() throws {
    let unknown = try run("kegyen")
    #expect(unknown.status == 64)
    #expect(unknown.errorText == "acqd: acqd has no command kegyen\nhint: did you mean acqd keygen?\n")
    #expect(unknown.text.isEmpty)
    #expect(try run().status == 64)
    #expect(try run("keygen", "--role", "car").status == 64)
    #expect(try run("keygen", "--role", "boat", "--name", "x").status == 64)
    for words in [["--help"], ["help", "trust"], ["trust", "--help"]] {
      let result = try TestProcess.run(try Repository.product("acqd"), words)
      #expect(result.status == 0 && result.text.hasPrefix("acqd "))
    }
  }

  @Test("keys are made, shown, trusted and distrusted")
  func wholeStory() throws {
    let directory = try TemporaryDirectory()
    let car = directory.path + "/car"
    let base = directory.path + "/base"
    let carCard = try run("keygen", "--role", "car", "--name", "car-1", "--state", car)
    #expect(carCard.status == 0)
    let card = try Card(parsing: carCard.text)
    #expect(card.name == "car-1" && card.role == .car)
    #expect(try run("id", "--state", car).text == carCard.text)
    #expect(try run("id", "--state", car, "--long").text.contains(card.id.hex))
    let again = try run("keygen", "--role", "car", "--name", "car-1", "--state", car)
    #expect(again.status == 1)
    #expect(again.errorText.contains("is there already"))

    _ = try run("keygen", "--role", "base", "--name", "base-1", "--state", base)
    let trusted = try run("trust", carCard.text, "--addr", "10.0.0.3", "--intermittent", "--state", base)
    #expect(trusted.status == 0, "\(trusted.errorText)")
    #expect(trusted.text == "car-1 (car \(card.id.short)) is trusted\n")
    let file = try String(contentsOfFile: base + "/peers.d/car-1", encoding: .utf8)
    #expect(file.contains("addr: [\"10.0.0.3:7461\"]") && file.contains("intermittent: true"))
    #expect(try run("untrust", "car-1", "--state", base).status == 0)
    #expect(try String(contentsOfFile: base + "/peers.d/car-1", encoding: .utf8).contains("trusted: false"))
    #expect(try run("trust", "car-1", "--addr", "10.0.0.4", "--state", base).status == 0)
    let renewed = try String(contentsOfFile: base + "/peers.d/car-1", encoding: .utf8)
    #expect(renewed.contains("trusted: true") && renewed.contains("addr: [\"10.0.0.4:7461\"]"))
    let unknown = try run("trust", "car-2", "--state", base)
    #expect(unknown.status == 64 && unknown.errorText.contains("car-2 is no card, no file, and no node"))
    let near = try run("untrust", "car-2", "--state", base)
    #expect(near.status == 1 && near.errorText.contains("hint: did you mean car-1?"))
  }

  @Test("a card without quotation marks and a file of cards are taken; a wrong one says what is wrong")
  func cards() throws {
    let directory = try TemporaryDirectory()
    let card = try #require(NodeKey.generate(role: .cloud).card(name: "cloud"))
    let words = card.line.split(separator: " ").map(String.init)
    let plain = try TestProcess.run(
      try Repository.product("acqd"), ["trust"] + words + ["--state", directory.path])
    #expect(plain.status == 0, "\(plain.errorText)")
    let file = directory.path + "/team.cards"
    let other = try #require(NodeKey.generate(role: .base).card(name: "base"))
    try (card.line + "\n" + other.line + "\n").write(toFile: file, atomically: true, encoding: .utf8)
    #expect(try run("trust", file, "--state", directory.path).text.split(separator: "\n").count == 2)
    #expect(try run("trust", file, "--addr", "x:1", "--state", directory.path).status == 64)
    let damaged = try run("trust", String(card.line.dropLast()), "--state", directory.path)
    #expect(damaged.status == 1 && damaged.errorText.hasPrefix("acqd: "))
    #expect(try run("trust", "--state", directory.path).status == 64)
  }

  @Test("without --state the one node of this user is meant; of several, one must be named")
  func defaults() throws {
    let directory = try TemporaryDirectory()
    // As root there is one default for all roles: that one is not touched by a test.
    try #require(geteuid() != 0 || !FileManager.default.fileExists(atPath: "/var/lib/acqd/node.key"))
    let state = directory.path + "/state"
    func run(_ words: String...) throws -> ProcessResult {
      try TestProcess.run(
        try Repository.product("acqd"), words,
        environment: ["HOME": directory.path, "STATE_DIRECTORY": state])
    }
    let none = try run("id")
    #expect(none.status == 1 && none.errorText.contains("hint: acqd keygen"))
    // A script must not take an error for a gap (1).
    let status = try run("status")
    #expect(status.status == 2 && status.errorText == none.errorText)
    #expect(try run("keygen", "--role", "base", "--name", "b").status == 0)
    #expect(FileManager.default.fileExists(atPath: state + "/node.key"))
    #expect(try run("id").status == 0)
    let config = directory.path + "/base.yaml"
    try "state: other\n".write(toFile: config, atomically: true, encoding: .utf8)
    #expect(try run("keygen", "--role", "base", "--name", "c", "--config", config).status == 0)
    #expect(FileManager.default.fileExists(atPath: directory.path + "/other/node.key"))
    #expect(try run("id", "--config", config).status == 64)
    try "stat: other\n".write(toFile: config, atomically: true, encoding: .utf8)
    let wrong = try run("id", "--config", config, "--role", "base")
    #expect(wrong.errorText == "acqd: \(config):1:1: unknown key `stat`; did you mean `state`?\n")
  }
}
