/// A message with its channel and schema. Cheap to make and to copy: everything in it is shared.
public struct MessageView: Sendable {
  /// Its channel.
  public let channel: Channel
  /// Its schema, unless the channel has none or the recording lacks it.
  public let schema: Schema?
  /// The publisher's count, or zero.
  public let sequence: UInt32
  /// When it was recorded.
  public let logTimeNs: UInt64
  /// When it was published.
  public let publishTimeNs: UInt64
  /// Its bytes: a view that keeps its chunk in memory while it lives.
  public let data: ArraySlice<UInt8>
}
