#pragma once
#include <sqlite3.h>

// sqlite3_db_config is variadic, which Swift cannot call: a damaged or planted file cannot make the schema
// write to itself or run functions of ours.
static inline int acq_sqlite_harden(sqlite3 *db) {
  int result = sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
  if (result == SQLITE_OK) result = sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
  return result;
}

// SQLITE_TRANSIENT is a cast function pointer, which Swift does not see: SQLite copies the bytes.
static inline int acq_sqlite_bind_text(sqlite3_stmt *s, int i, const char *text, int count) {
  return sqlite3_bind_text(s, i, text, count, SQLITE_TRANSIENT);
}
static inline int acq_sqlite_bind_blob(sqlite3_stmt *s, int i, const void *bytes, int count) {
  return count == 0 ? sqlite3_bind_zeroblob(s, i, 0) : sqlite3_bind_blob(s, i, bytes, count, SQLITE_TRANSIENT);
}
