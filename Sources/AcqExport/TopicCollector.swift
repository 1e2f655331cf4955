import AcqCore
import AcqSignals
import MCAP

/// Reads a recording once and sorts its wanted messages into the columns of their topics.
struct TopicCollector {
  /// One topic's columns and what is to be said about it.
  struct Topic {
    let name: String
    var table: SignalTable
    var schemaName = ""
    var messageEncoding = ""
    var undecodedCount: UInt64 = 0
    var firstError = ""
    var unreadable: [String] = []
  }

  private enum Route {
    case unwanted
    case unreadable
    case decode(topic: Int, decoder: Int)
  }
  private struct Decoder {
    let topic: Int
    let schema: Schema?
    let encoding: String
    var decoder: any MessageDecoder
  }

  private(set) var topics: [Topic] = []
  /// The earliest log time of all messages, wanted or not; nil without any.
  private(set) var originNs: UInt64?
  /// What people should know about the recording itself.
  private(set) var notes: [String] = []
  private(set) var skipped: [SkippedTopic] = []
  private(set) var messageCount: UInt64 = 0

  private let filter: TopicFilter
  private let request: MATExport.Request
  private let space: SpillSpace
  private var topicOfName: [String: Int] = [:]
  private var decoders: [Decoder] = []
  /// By channel id; the channel tells whether an id was defined anew.
  private var routes: [UInt16: (channel: Channel, schema: Schema?, route: Route)] = [:]

  init(_ request: MATExport.Request, space: SpillSpace) {
    self.request = request
    self.space = space
    filter = TopicFilter(request.topics)
  }

  // MARK: Reading

  mutating func read(_ source: some ByteSource, isCancelled: @escaping () -> Bool, _ monitor: JobMonitor)
    throws(ExportError)
  {
    try monitor.begin(from: 0, to: 0.5, sizeBytes: source.sizeBytes)
    var options = MessageReader.Options()
    options.recordBytesMax = MCAPLimits.servedRecordBytesMax
    options.isCancelled = isCancelled
    do {
      var reader = try MessageReader(source, options: options)
      while let message = try reader.next() {
        try take(message)
        try monitor.advance(message.data.count + 64, position: reader.positionBytes)
      }
      note(reader)
      try finish(reader)
    } catch let error as ExportError {
      throw error
    } catch let error as MCAPError {
      throw ExportError(error.kind == .cancelled ? .cancelled : .source, "\(error)")
    } catch {
      throw ExportError(.source, "the recording could not be read: \(error)")
    }
  }

  private mutating func take(_ message: MessageView) throws(ExportError) {
    let time = message.logTimeNs
    originNs = min(originNs ?? time, time)
    if let start = request.startNs, time < start { return }
    if let end = request.endNs, time >= end { return }
    guard case .decode(let topic, let decoder) = try route(message) else { return }
    do {
      try decoders[decoder].decoder.decode(message.data, timeNs: time, into: &topics[topic].table)
      messageCount += 1
    } catch {
      if error.kind == .scratch { throw ExportError(.scratch, error.reason) }
      if topics[topic].undecodedCount == 0 { topics[topic].firstError = error.reason }
      topics[topic].undecodedCount += 1
    }
  }

  private mutating func route(_ message: MessageView) throws(ExportError) -> Route {
    let channel = message.channel
    if let known = routes[channel.id], known.channel === channel, known.schema === message.schema {
      return known.route
    }
    let route = try makeRoute(channel, message.schema)
    routes[channel.id] = (channel, message.schema, route)
    return route
  }

  private mutating func makeRoute(_ channel: Channel, _ schema: Schema?) throws(ExportError) -> Route {
    guard filter.matches(channel.topic) else { return .unwanted }
    let topic = topicIndex(channel.topic)
    let encoding = channel.messageEncoding
    let same = decoders.firstIndex {
      $0.topic == topic && $0.encoding == encoding && $0.schema == schema
    }
    if let same { return .decode(topic: topic, decoder: same) }
    let words = MessageEncoding(
      message: encoding, schema: schema?.encoding ?? "", schemaName: schema?.name ?? "")
    // A schema that fails half way must not leave columns behind.
    var trial = topics[topic].table
    do {
      let decoder = try words.makeDecoder(schemaData: (schema?.data ?? [])[...], table: &trial)
      topics[topic].table = trial
      decoders.append(Decoder(topic: topic, schema: schema, encoding: encoding, decoder: decoder))
    } catch {
      if error.kind == .scratch { throw ExportError(.scratch, error.reason) }
      let reasons = topics[topic].unreadable
      if !reasons.contains(error.reason) { topics[topic].unreadable.append(error.reason) }
      return .unreadable
    }
    topics[topic].schemaName = words.schemaName
    topics[topic].messageEncoding = encoding
    return .decode(topic: topic, decoder: decoders.count - 1)
  }

  private mutating func topicIndex(_ name: String) -> Int {
    if let index = topicOfName[name] { return index }
    topics.append(Topic(name: name, table: SignalTable(in: space)))
    topicOfName[name] = topics.count - 1
    return topics.count - 1
  }

  // MARK: What is left out

  private mutating func note(_ reader: MessageReader) {
    if case .cutOff(let offset, let reason) = reader.ending {
      notes.append("the recording is cut off at byte \(offset): \(reason); every complete message is here")
    }
    notes += reader.problems.map { "\($0)" }
    if reader.problemCount > reader.problems.count {
      notes.append("\(reader.problemCount - reader.problems.count) more problems")
    }
  }

  /// Turns the last rows into columns, orders topics by name and says why others are missing.
  private mutating func finish(_ reader: MessageReader) throws(ExportError) {
    topics.sort { $0.name < $1.name }
    for index in topics.indices {
      do { try topics[index].table.finish() } catch { throw ExportError(.scratch, error.reason) }
      let topic = topics[index]
      let undecoded = "of its messages, \(topic.undecodedCount) could not be decoded: \(topic.firstError)"
      for reason in topic.unreadable { skipped.append(SkippedTopic(topic: topic.name, reason: reason)) }
      if topic.undecodedCount > 0 {
        if topic.table.rowCount == 0 { skipped.append(SkippedTopic(topic: topic.name, reason: undecoded)) }
        notes.append("\(topic.name): \(undecoded)")
      }
      notes += topic.table.notes.map { "\(topic.name): \($0)" }
    }
    let isSlice = request.startNs != nil || request.endNs != nil
    let known = Set(topics.map(\.name))
    let silent = Set(reader.channels.map(\.channel.topic)).subtracting(known).filter(filter.matches)
    let reason = isSlice ? "it has no message in the wanted time" : "it has no message"
    skipped += silent.map { SkippedTopic(topic: $0, reason: reason) }
    skipped.sort { ($0.topic, $0.reason) < ($1.topic, $1.reason) }
    topics.removeAll { $0.table.rowCount == 0 }
  }
}
