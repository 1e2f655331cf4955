import AcqCore

// Figures with their floors: ./config/dev bench [NAME...]. Nothing here fails a build; ratios count, not seconds.

let all = [
  HashingBenchmarks.sha256, HashingBenchmarks.sealing, PullBenchmark.pull, ManifestBenchmarks.manifest,
  RecordingBenchmarks.scan, RecordingBenchmarks.mat, RecordingBenchmarks.ingest,
]
let wanted = CommandLine.arguments.dropFirst()
let report = Report()
for benchmark in all where wanted.isEmpty || wanted.contains(benchmark.name) {
  report.say("\(benchmark.name): \(benchmark.question)")
  do { try benchmark.run(report) } catch { report.say("  failed: \(error)") }
}
