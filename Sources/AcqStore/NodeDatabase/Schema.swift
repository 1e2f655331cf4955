/// The tables of node.db. A step is never changed once released: a later one is added.
enum Schema {
  static let migrations = [
    """
    CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;
    -- The newest statement of each register. `stored` is this node's store counter, `source` the peer that it came
    -- from (NULL: this node).
    CREATE TABLE statement (
      stored INTEGER PRIMARY KEY, register BLOB NOT NULL UNIQUE, author BLOB NOT NULL, sequence INTEGER NOT NULL,
      hash BLOB NOT NULL, source BLOB, bytes BLOB NOT NULL) STRICT;
    CREATE INDEX statement_hash ON statement (hash);
    -- authors: the common ones, concatenated; NULL: not known.
    CREATE TABLE mark (peer BLOB PRIMARY KEY, counter INTEGER NOT NULL, authors BLOB) STRICT, WITHOUT ROWID;
    CREATE TABLE evidence (author BLOB PRIMARY KEY, first BLOB NOT NULL, second BLOB NOT NULL) STRICT;
    CREATE TABLE block_map (
      id BLOB NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, hashes BLOB NOT NULL,
      PRIMARY KEY (id, size, root)) STRICT;
    CREATE TABLE staged (
      id BLOB PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, verified BLOB NOT NULL) STRICT;
    CREATE TABLE quarantined (
      id BLOB NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, reason TEXT NOT NULL,
      PRIMARY KEY (id, size, root)) STRICT, WITHOUT ROWID;
    CREATE TABLE object (
      id BLOB PRIMARY KEY, device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL,
      modified_ns INTEGER NOT NULL, path TEXT, reason TEXT, verified_ms INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE freed (id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE catalogued (id BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
    CREATE TABLE sealed_file (
      path TEXT PRIMARY KEY, device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL,
      modified_ns INTEGER NOT NULL, id BLOB NOT NULL, wall_ns INTEGER NOT NULL, boot_time_ns INTEGER NOT NULL,
      boot_id TEXT, seen_written INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX sealed_file_id ON sealed_file (id);
    CREATE TABLE refused_file (
      path TEXT PRIMARY KEY, device INTEGER NOT NULL, inode INTEGER NOT NULL, size INTEGER NOT NULL,
      modified_ns INTEGER NOT NULL, reason TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE placed (path TEXT PRIMARY KEY, id BLOB NOT NULL) STRICT, WITHOUT ROWID;
    CREATE INDEX placed_id ON placed (id);
    CREATE TABLE removal (
      number INTEGER PRIMARY KEY, id BLOB NOT NULL, path TEXT NOT NULL, device INTEGER NOT NULL,
      inode INTEGER NOT NULL) STRICT;
    """
  ]
}
