import AcqCore
import AcqSystem

/// A few named threads that do slow things in order of arrival, so that nothing slow runs under a lock or on a
/// session's threads.
final class WorkQueue: Sendable {
  private struct State {
    var jobs: [@Sendable () -> Void] = []
    var isStopped = false
  }
  private let state = Monitor(State())
  private let threads = Monitor<[Thread]>([])

  /// Starts `threadCount` threads.
  init(name: String, threadCount: Int) throws(Errno) {
    var started: [Thread] = []
    for index in 0..<threadCount {
      started.append(try Thread.start(name: "\(name)-\(index)") { [state] in Self.run(state) })
    }
    let all = started
    threads.change { $0 = all }
  }

  /// Adds a job; after `stop` it is dropped.
  func add(_ job: @escaping @Sendable () -> Void) {
    state.change { state in if !state.isStopped { state.jobs.append(job) } }
  }

  /// Drops what has not begun, waits for what has.
  func stop() {
    state.change { state in
      state.isStopped = true
      state.jobs.removeAll()
    }
    for thread in threads.change({ threads in
      defer { threads.removeAll() }; return threads
    }) { thread.join() }
  }

  private static func run(_ state: Monitor<State>) {
    while let job: @Sendable () -> Void = state.wait({ state -> (@Sendable () -> Void)?? in
      if !state.jobs.isEmpty { return .some(state.jobs.removeFirst()) }
      return state.isStopped ? .some(nil) : nil
    }) ?? nil { job() }
  }
}
