public import AcqCore
import AcqSignals

/// Writes recordings as MATLAB files of version 5: each topic a variable, `run.<Topic>.<path>.Data` and
/// `.Timestamp`.
public enum MATExport {
  /// Which part of a recording is wanted.
  public struct Request: Hashable, Sendable {
    /// Globs of topics, any of which may match; `*` also matches `/`. Empty: all topics.
    public var topics: [String]
    /// Least log time.
    public var startNs: UInt64?
    /// Log time at which to stop, exclusive.
    public var endNs: UInt64?

    /// A request; everything by default.
    public init(topics: [String] = [], startNs: UInt64? = nil, endNs: UInt64? = nil) {
      self.topics = topics
      self.startNs = startNs
      self.endNs = endNs
    }
  }

  /// What was written.
  public struct Report: Equatable, Sendable {
    /// Names of the variables, `meta` not among them.
    public let variables: [String]
    /// Topics that were left out, and why.
    public let skipped: [SkippedTopic]
    /// Messages written, each a row of its topic.
    public let messageCount: UInt64
    /// Values written, absent and padding ones not counted.
    public let sampleCount: UInt64
    /// What is to be known about the recording, as in `meta.notes`.
    public let notes: [String]
  }

  /// Exports `source` to `sink`. Nothing reaches the sink before everything that can be refused was refused.
  /// The same recording, request and `name` give the same bytes. Columns and compressed variables go through
  /// what `scratch` makes; some 100 MB stay in memory whatever the recording's size.
  public static func write(
    _ source: some ByteSource, request: Request, name: String, scratch: () throws -> any Scratch,
    to sink: inout some ByteSink, isCancelled: @escaping () -> Bool = { false },
    progress: @escaping (Double) -> Void = { _ in }
  ) throws(ExportError) -> Report {
    let monitor = JobMonitor(isCancelled: isCancelled, progress: progress)
    var collector = TopicCollector(request, space: try makeSpace(scratch))
    try collector.read(source, isCancelled: isCancelled, monitor)
    guard let originNs = collector.originNs, !collector.topics.isEmpty else {
      throw nothingToWrite(request, collector.skipped)
    }
    let layouts = try layOut(collector, monitor)
    try checkSizes(layouts)
    let meta = MATMeta(
      recording: name, originNs: originNs, layouts: layouts, skipped: collector.skipped,
      notes: collector.notes
    ).value.encoded(name: "meta")
    guard UInt64(meta.count) <= MATFormat.variableBytesMax else {
      throw ExportError(
        .variableTooLarge, "the description of the signals alone is \(meta.count) bytes", topic: "meta",
        sizeBytes: UInt64(meta.count), fits: "fewer topics")
    }
    try monitor.begin(from: 0.5, to: 1, sizeBytes: layouts.reduce(0) { $0 + $1.sizeBytes })
    var output = MATOutput(sink)
    defer { sink = output.sink }
    try output.write(MATFormat.header)
    try output.writeVariable(meta, try makeSpace(scratch), monitor)
    for layout in layouts {
      let space = try makeSpace(scratch)
      let compressed = try VariableWriter.write(layout, originNs: originNs, space, monitor)
      try output.writeCompressed(compressed, space, monitor)
    }
    progress(1)
    return report(layouts, collector)
  }

  private static func makeSpace(_ scratch: () throws -> any Scratch) throws(ExportError) -> SpillSpace {
    do { return SpillSpace(try scratch()) } catch {
      throw ExportError(.scratch, "no scratch space: \(error)")
    }
  }

  private static func nothingToWrite(_ request: Request, _ skipped: [SkippedTopic]) -> ExportError {
    let first = skipped.first.map { "; \($0.topic): \($0.reason)" } ?? ""
    let others = skipped.count > 1 ? " (and \(skipped.count - 1) more)" : ""
    let what = request.topics.isEmpty ? "no topic" : "none of the wanted topics"
    return ExportError(
      .nothingToWrite, "\(what) has a message that can be written\(first)\(others)", skipped: skipped)
  }

  private static func layOut(_ collector: TopicCollector, _ monitor: JobMonitor) throws(ExportError)
    -> [MATLayout]
  {
    var names = MATNames(reserved: ["meta"])
    var layouts: [MATLayout] = []
    for topic in collector.topics {
      layouts.append(try MATLayout(topic, name: names.name(for: topic.name), monitor))
    }
    return layouts
  }

  private static func checkSizes(_ layouts: [MATLayout]) throws(ExportError) {
    for layout in layouts {
      let size = layout.sizeBytes
      if MATFormat.isTooLarge(size) { throw try layout.tooLarge(size, others: layouts.count - 1) }
    }
  }

  private static func report(_ layouts: [MATLayout], _ collector: TopicCollector) -> Report {
    var samples: UInt64 = 0
    for layout in layouts {
      for column in layout.topic.table.columns {
        samples += UInt64(column.elementCount - column.absentCount)
      }
    }
    return Report(
      variables: layouts.map(\.name), skipped: collector.skipped, messageCount: collector.messageCount,
      sampleCount: samples, notes: collector.notes)
  }
}
