
#pragma once
#include <microhttpd.h>
#include <poll.h>
#include <sys/socket.h>

// Swift cannot call variadic functions: one wrapper for each combination that is used.

/// Serves a listening socket with a thread for each connection, so that a slow reader or a long export blocks nobody.
static inline struct MHD_Daemon *acq_http_start(
    int socket, unsigned connection_limit, unsigned timeout_seconds, size_t stack_bytes, size_t header_bytes,
    MHD_AcceptPolicyCallback admit, MHD_AccessHandlerCallback handler, MHD_RequestCompletedCallback completed,
    void *context) {
  return MHD_start_daemon(
      MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC, 0, admit,
      context, handler, context, MHD_OPTION_LISTEN_SOCKET, socket, MHD_OPTION_NOTIFY_COMPLETED, completed, context,
      MHD_OPTION_CONNECTION_TIMEOUT, timeout_seconds, MHD_OPTION_CONNECTION_LIMIT, connection_limit,
      MHD_OPTION_THREAD_STACK_SIZE, stack_bytes, MHD_OPTION_CONNECTION_MEMORY_LIMIT, header_bytes, MHD_OPTION_END);
}

/// The connection's socket, or -1.
static inline int acq_http_socket(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

/// The client's address, or NULL; valid as long as the connection.
static inline const struct sockaddr *acq_http_address(struct MHD_Connection *connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info ? info->client_addr : NULL;
}

/// Whether the other end of a socket has closed or reset it: 1 or 0. Takes nothing from the stream.
static inline int acq_http_is_gone(int socket) {
  struct pollfd entry = {.fd = socket, .events = POLLIN | 0x2000};
  char byte;
  if (socket < 0) return 1;
  if (poll(&entry, 1, 0) <= 0) return 0;
  if (entry.revents & (POLLERR | POLLHUP | POLLNVAL | 0x2000)) return 1;
  return recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static const uint64_t acq_http_size_unknown = MHD_SIZE_UNKNOWN;
static const ssize_t acq_http_end = MHD_CONTENT_READER_END_OF_STREAM;
static const ssize_t acq_http_error = MHD_CONTENT_READER_END_WITH_ERROR;
