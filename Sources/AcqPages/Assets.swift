import CWebAssets

/// The pages' files, compiled into the program.
public enum Assets {
  /// The file's bytes, or nil when there is no such file.
  public static func bytes(at path: String) -> [UInt8]? {
    var index = 0
    // SAFETY: assets lie in static read-only memory for the life of the program, and say how long they are.
    while let asset = cweb_asset_at(index)?.pointee {
      if String(cString: asset.path) == path {
        return Array(UnsafeBufferPointer(start: asset.bytes, count: asset.count))
      }
      index += 1
    }
    return nil
  }
}
