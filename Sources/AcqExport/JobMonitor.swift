/// Asks whether to stop and tells how far an export is, every few megabytes.
final class JobMonitor {
  /// Far below a second of work, far above what asking costs.
  private static let stepBytes = 1 << 20

  private let isCancelled: () -> Bool
  private let progress: (Double) -> Void
  private var sinceStep = 0
  /// The part of the job being done now, and its size in bytes.
  private var part: (start: Double, end: Double, sizeBytes: UInt64) = (0, 1, 1)
  private var doneBytes: UInt64 = 0

  init(isCancelled: @escaping () -> Bool, progress: @escaping (Double) -> Void) {
    self.isCancelled = isCancelled
    self.progress = progress
  }

  func begin(from start: Double, to end: Double, sizeBytes: UInt64) throws(ExportError) {
    part = (start, end, max(sizeBytes, 1))
    doneBytes = 0
    try step()
  }

  /// `bytes` more were dealt with; `position`, where known, is how much of the part is done.
  func advance(_ bytes: Int, position: UInt64? = nil) throws(ExportError) {
    doneBytes = position ?? doneBytes + UInt64(bytes)
    sinceStep += bytes
    if sinceStep >= Self.stepBytes { try step() }
  }

  /// `bytes` were moved without coming closer to the end.
  func work(_ bytes: Int) throws(ExportError) { try advance(bytes, position: doneBytes) }

  private func step() throws(ExportError) {
    sinceStep = 0
    if isCancelled() { throw ExportError(.cancelled, "stopped on request") }
    progress(part.start + (part.end - part.start) * min(1, Double(doneBytes) / Double(part.sizeBytes)))
  }
}
