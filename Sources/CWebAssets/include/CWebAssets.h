#ifndef CWEBASSETS_H
#define CWEBASSETS_H
#include <stddef.h>
#include <stdint.h>

/// One file of the web pages, held in the program's read-only data.
typedef struct {
  const char *_Nonnull path;
  const uint8_t *_Nonnull bytes;
  size_t count;
} cweb_asset;

/// The `index`-th asset, or NULL past the end.
const cweb_asset *_Nullable cweb_asset_at(size_t index);
#endif
