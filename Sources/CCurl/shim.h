#pragma once
#include <curl/curl.h>

// Swift cannot call variadic functions: one wrapper for each type of option.

static inline CURLcode acq_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode acq_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode acq_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode acq_curl_set_write(CURL *handle, size_t (*take)(char *, size_t, size_t, void *), void *to) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
  return code ? code : curl_easy_setopt(handle, CURLOPT_WRITEDATA, to);
}
static inline CURLcode acq_curl_set_headers(CURL *handle, size_t (*take)(char *, size_t, size_t, void *), void *to) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take);
  return code ? code : curl_easy_setopt(handle, CURLOPT_HEADERDATA, to);
}
static inline CURLcode acq_curl_status(CURL *handle, long *status) {
  return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, status);
}
