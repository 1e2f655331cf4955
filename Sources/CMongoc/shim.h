#pragma once
#include <mongoc/mongoc.h>
#include <stdlib.h>

// A bson_t that a driver call fills. Such calls initialise the bson_t they are given, so it must be raw memory, not
// one of bson_new(): that would leak. And bson_t asks for 128-byte alignment, which Swift's layout of it does not
// have, so it cannot live in Swift. It holds an empty document until then (held inline, so that nothing is lost when
// the call initialises it). NULL when memory is short.
static inline bson_t *acq_bson_blank(void) {
  bson_t *blank = aligned_alloc(128, sizeof(bson_t));
  if (blank) bson_init(blank);
  return blank;
}

// Frees a bson_t of acq_bson_blank() and what a call stored in it.
static inline void acq_bson_blank_free(bson_t *filled) {
  bson_destroy(filled);
  free(filled);
}
