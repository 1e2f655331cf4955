#pragma once
#include <curl/curl.h>

// Swift cannot call variadic functions: one wrapper for each type of option.

static inline CURLcode acq_curl_set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode acq_curl_set_long(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
/// A body that libcurl copies.
static inline CURLcode acq_curl_set_body(CURL *handle, const void *bytes, size_t count) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)count);
  return code ? code : curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, count ? bytes : "");
}
static inline CURLcode acq_curl_set_list(CURL *handle, struct curl_slist *list) {
  return curl_easy_setopt(handle, CURLOPT_HTTPHEADER, list);
}
static inline CURLcode acq_curl_set_body_taker(CURL *handle, size_t (*take)(char *, size_t, size_t, void *), void *to) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take);
  return code ? code : curl_easy_setopt(handle, CURLOPT_WRITEDATA, to);
}
static inline CURLcode acq_curl_set_header_taker(CURL *handle, size_t (*take)(char *, size_t, size_t, void *), void *to) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, take);
  return code ? code : curl_easy_setopt(handle, CURLOPT_HEADERDATA, to);
}
/// `ask` returns something else than 0 to end the transfer; it is called about once a second, and more often while bytes
/// come.
static inline CURLcode acq_curl_set_asking(
    CURL *handle, int (*ask)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t), void *to) {
  CURLcode code = curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
  if (!code) code = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, ask);
  return code ? code : curl_easy_setopt(handle, CURLOPT_XFERINFODATA, to);
}
static inline CURLcode acq_curl_status(CURL *handle, long *status) {
  return curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, status);
}
