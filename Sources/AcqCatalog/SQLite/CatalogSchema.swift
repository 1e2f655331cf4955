/// The tables of catalog.db.
enum CatalogSchema {
  /// Raised with every change; a file of another version is made anew, because everything in it can be put in again.
  static let version = 1

  /// `word` and `topic` are read by text, to find recordings, and by recording, to replace one. `details` stands last:
  /// a walk over the other columns stays out of its overflow pages.
  static let script = """
    CREATE TABLE recording (
      number INTEGER PRIMARY KEY,
      id BLOB NOT NULL UNIQUE,
      name TEXT NOT NULL,
      nameKey TEXT NOT NULL,
      origin BLOB NOT NULL,
      originName TEXT NOT NULL,
      sizeBytes INTEGER NOT NULL,
      startNs INTEGER,
      endNs INTEGER,
      durationNs INTEGER,
      isCutOff INTEGER NOT NULL,
      parent BLOB,
      details TEXT NOT NULL
    ) STRICT;
    CREATE INDEX recordingStart ON recording (startNs, id, endNs);
    CREATE INDEX recordingName ON recording (nameKey, id);
    CREATE INDEX recordingSize ON recording (sizeBytes, id);
    CREATE INDEX recordingDuration ON recording (durationNs, id);
    CREATE INDEX recordingOriginStart ON recording (origin, startNs, id, endNs);
    CREATE TABLE word (text TEXT NOT NULL, recording INTEGER NOT NULL, PRIMARY KEY (text, recording))
    STRICT, WITHOUT ROWID;
    CREATE INDEX wordRecording ON word (recording);
    CREATE TABLE topic (name TEXT NOT NULL, recording INTEGER NOT NULL, PRIMARY KEY (name, recording))
    STRICT, WITHOUT ROWID;
    CREATE INDEX topicRecording ON topic (recording);
    """
}
