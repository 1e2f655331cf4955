package import AcqDaemon
import Glibc

/// What a command sees of the process it runs in. The environment is read here and nowhere below.
package struct Program: Sendable {
  /// $STATE_DIRECTORY, $HOME and the user, for defaults.
  package let surroundings: Configuration.Surroundings
  /// Writes to standard output.
  package let write: @Sendable (String) -> Void
  /// Writes to standard error.
  package let writeError: @Sendable (String) -> Void

  /// A program with other surroundings and outputs, for tests.
  package init(
    surroundings: Configuration.Surroundings, write: @escaping @Sendable (String) -> Void,
    writeError: @escaping @Sendable (String) -> Void
  ) {
    self.surroundings = surroundings
    self.write = write
    self.writeError = writeError
  }

  /// This process.
  package static func current() -> Program {
    let surroundings = Configuration.Surroundings(
      stateDirectory: variable("STATE_DIRECTORY"), home: variable("HOME"), isRoot: geteuid() == 0,
      directory: workingDirectory(), hasTimeZone: { access("/usr/share/zoneinfo/" + $0, R_OK) == 0 })
    return Program(
      surroundings: surroundings, write: { writeAll($0, STDOUT_FILENO) },
      writeError: { writeAll($0, STDERR_FILENO) })
  }

  private static func variable(_ name: String) -> String? {
    // SAFETY: getenv's text is copied at once; nothing in this process changes the environment.
    guard let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty else { return nil }
    return value
  }

  private static func workingDirectory() -> String {
    // SAFETY: getcwd allocates its answer, which is copied and freed here.
    guard let text = getcwd(nil, 0) else { return "/" }
    defer { free(text) }
    return String(cString: text)
  }

  /// Every byte, with write(2): nothing is lost in a buffer when the process is killed. A reader that has gone is
  /// no error: it has seen what it wanted.
  private static func writeAll(_ text: String, _ descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}
