import AcqCore
import AcqCrypto
import AcqDaemon
import Foundation
import TestSupport
import Testing

@Suite("Key file") struct PeerBookKeyTests {
  private func kind<Value>(_ body: () throws -> Value) -> PeerBookError.Kind? {
    do {
      _ = try body()
      return nil
    } catch {
      return (error as? PeerBookError)?.kind
    }
  }

  @Test("an identity is made once, for its owner's eyes alone")
  func create() throws {
    let directory = try TemporaryDirectory()
    let state = directory.path + "/a/b"
    let card = try KeyFile.create(role: .base, name: "base-1", state: state)
    let attributes = try FileManager.default.attributesOfItem(atPath: KeyFile.path(state: state))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    let key = try KeyFile.load(state: state)
    #expect(key.id == card.id && key.role == .base)
    #expect(KeyFile.card(of: key, name: nil, state: state) == card)
    #expect(kind { try KeyFile.create(role: .base, name: "base-2", state: state) } == .exists)
    #expect(try KeyFile.load(state: state).id == card.id, "the first identity is still there")
    #expect(kind { try KeyFile.create(role: .base, name: "../x", state: state + "/c") } == .malformed)
    #expect(!FileManager.default.fileExists(atPath: state + "/c/node.key"))
  }

  @Test("a key that others can read is refused", arguments: [0o640, 0o604, 0o620, 0o601])
  func exposed(permissions: Int) throws {
    let directory = try TemporaryDirectory()
    _ = try KeyFile.create(role: .car, name: "car-1", state: directory.path)
    let path = KeyFile.path(state: directory.path)
    try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: path)
    #expect(kind { try KeyFile.load(state: directory.path) } == .exposed)
    try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: path)
    #expect(kind { try KeyFile.load(state: directory.path) } == nil)
  }

  @Test("no key, a damaged key and a link instead of a key are told apart")
  func bad() throws {
    let directory = try TemporaryDirectory()
    let path = KeyFile.path(state: directory.path)
    #expect(kind { try KeyFile.load(state: directory.path) } == .unknown)
    _ = try KeyFile.create(role: .car, name: "car-1", state: directory.path)
    let line = try String(contentsOfFile: path, encoding: .utf8)
    try Data(line.utf8.dropLast(2)).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    #expect(kind { try KeyFile.load(state: directory.path) } == .malformed)
    try FileManager.default.moveItem(atPath: path, toPath: path + ".real")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path + ".real")
    #expect(kind { try KeyFile.load(state: directory.path) } == .file)
  }

  @Test("a node is called what the configuration says, then what it was given, then by role and id")
  func names() throws {
    let directory = try TemporaryDirectory()
    _ = try KeyFile.create(role: .cloud, name: "given", state: directory.path)
    let key = try KeyFile.load(state: directory.path)
    #expect(KeyFile.card(of: key, name: "configured", state: directory.path).name == "configured")
    #expect(KeyFile.card(of: key, name: nil, state: directory.path).name == "given")
    try FileManager.default.removeItem(atPath: KeyFile.cardPath(state: directory.path))
    #expect(KeyFile.card(of: key, name: nil, state: directory.path).name == "cloud-\(key.id.short)")
  }
}
