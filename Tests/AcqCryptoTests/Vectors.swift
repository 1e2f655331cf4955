import AcqCore
import Foundation
import TestSupport

/// One file of Protocol/vectors, which the reference writes.
struct Vectors {
  let json: JSON

  init(_ name: String) throws {
    let url = URL(fileURLWithPath: Repository.path("Protocol/vectors/\(name).json"))
    json = try JSON(parsing: [UInt8](Data(contentsOf: url)))
  }

  func list(_ name: String) throws -> [JSON] {
    guard let list = json[name]?.array, !list.isEmpty else { throw TestSupportError("no vectors \(name)") }
    return list
  }
}

extension JSON {
  func text(_ name: String) throws -> String {
    guard let text = self[name]?.string else { throw TestSupportError("no text \(name)") }
    return text
  }

  func bytes(_ name: String) throws -> [UInt8] {
    guard let bytes = Hex.decode(try text(name)) else { throw TestSupportError("no bytes \(name)") }
    return bytes
  }

  func integer(_ name: String) throws -> UInt64 {
    guard let value = self[name]?.uint64 else { throw TestSupportError("no integer \(name)") }
    return value
  }

  func digest<Subject>(_ name: String, as _: Digest<Subject>.Type = Digest<Subject>.self) throws -> Digest<
    Subject
  > {
    guard let digest = Digest<Subject>(try bytes(name)) else { throw TestSupportError("no digest \(name)") }
    return digest
  }
}
