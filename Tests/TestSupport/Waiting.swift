import Foundation

/// Looks at `condition` every few milliseconds until it holds; throws with `what` after `seconds`.
public func waitUntil(_ what: String, seconds: Double = 20, _ condition: () throws -> Bool) throws {
  let deadline = ContinuousClock.now + .seconds(seconds)
  var pause = 0.001
  while try !condition() {
    guard ContinuousClock.now < deadline else {
      throw TestSupportError("still not after \(seconds) s: \(what)")
    }
    Foundation.Thread.sleep(forTimeInterval: pause)
    pause = min(pause * 1.5, 0.02)
  }
}
