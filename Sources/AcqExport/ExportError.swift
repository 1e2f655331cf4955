import AcqSignals

/// Why an export was not made.
public struct ExportError: Error, Equatable, CustomStringConvertible {
  /// What a program branches on.
  public enum Kind: Hashable, Sendable {
    /// No wanted topic has a message that can be decoded; nothing was written.
    case nothingToWrite
    /// A variable would be larger than the format allows; nothing was written.
    case variableTooLarge
    /// The caller asked to stop.
    case cancelled
    /// The recording could not be read.
    case source
    /// The scratch space failed.
    case scratch
    /// What takes the file failed.
    case sink
  }
  /// What went wrong.
  public let kind: Kind
  /// One line for people.
  public let reason: String
  /// The topic that is too large.
  public let topic: String?
  /// What its variable would take.
  public let sizeBytes: UInt64?
  /// What could be asked for instead.
  public let fits: String?
  /// Topics that could not be written, and why.
  public let skipped: [SkippedTopic]

  package init(
    _ kind: Kind, _ reason: String, topic: String? = nil, sizeBytes: UInt64? = nil, fits: String? = nil,
    skipped: [SkippedTopic] = []
  ) {
    self.kind = kind
    self.reason = reason
    self.topic = topic
    self.sizeBytes = sizeBytes
    self.fits = fits
    self.skipped = skipped
  }

  /// Whether the same request can succeed later: media fail and recover, recordings and requests stay as they
  /// are.
  public var isTransient: Bool { kind == .scratch || kind == .sink || kind == .source }

  /// `export: reason`.
  public var description: String { "export: \(reason)" }
}

/// Columns fail to be read only when their scratch space does.
func scratched<Value>(_ body: () throws(SignalError) -> Value) throws(ExportError) -> Value {
  do { return try body() } catch { throw ExportError(.scratch, error.reason) }
}

/// A topic that an export leaves out.
public struct SkippedTopic: Hashable, Sendable {
  /// Its name.
  public let topic: String
  /// Why, for people.
  public let reason: String

  /// A topic and a reason.
  public init(topic: String, reason: String) {
    self.topic = topic
    self.reason = reason
  }
}
