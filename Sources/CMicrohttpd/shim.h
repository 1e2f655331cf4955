#pragma once
#include <fcntl.h>
#include <linux/sockios.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

// Swift cannot call variadic functions: one wrapper for each combination that is used. Socket calls stand here too,
// because AcqHTTP sees libmicrohttpd's sockets and nothing else of the system.

/// What libmicrohttpd calls; `context` is the first argument of all.
typedef struct {
  MHD_AcceptPolicyCallback _Nonnull admit;
  MHD_NotifyConnectionCallback _Nonnull connection;
  /// Given the request line's target; what it returns is the request's context.
  void *_Nullable (*_Nonnull target)(void *_Nullable context, const char *_Nullable target,
                                     struct MHD_Connection *_Nullable connection);
  MHD_AccessHandlerCallback _Nonnull handler;
  MHD_RequestCompletedCallback _Nonnull completed;
} acq_http_callbacks;

/// Leaves escapes in the path and query alone: they are decoded in Swift, strictly.
static inline size_t acq_http_keep_escaped(void *context, struct MHD_Connection *connection, char *text) {
  (void)context;
  (void)connection;
  return __builtin_strlen(text);
}

/// Serves a copy of a listening socket with a thread for each connection, so that a slow reader or a long export blocks
/// nobody. libmicrohttpd's own timeout is off: it counts from the last byte, so a byte a minute would keep a connection
/// for ever, and in this mode it spins through its last second.
static inline struct MHD_Daemon *_Nullable acq_http_start(
    int socket, unsigned connection_limit, size_t stack_bytes, size_t connection_bytes,
    const acq_http_callbacks *_Nonnull callbacks, void *_Nullable context) {
  int copy = fcntl(socket, F_DUPFD_CLOEXEC, 3);
  if (copy < 0) return NULL;
  struct MHD_Daemon *daemon = MHD_start_daemon(
      MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL | MHD_USE_ITC, 0,
      callbacks->admit, context, callbacks->handler, context, MHD_OPTION_LISTEN_SOCKET, copy,
      MHD_OPTION_NOTIFY_CONNECTION, callbacks->connection, context, MHD_OPTION_URI_LOG_CALLBACK, callbacks->target,
      context, MHD_OPTION_UNESCAPE_CALLBACK, acq_http_keep_escaped, NULL, MHD_OPTION_NOTIFY_COMPLETED,
      callbacks->completed, context, MHD_OPTION_CONNECTION_TIMEOUT, 0U, MHD_OPTION_CONNECTION_LIMIT,
      connection_limit, MHD_OPTION_THREAD_STACK_SIZE, stack_bytes, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      connection_bytes, MHD_OPTION_END);
  if (!daemon) close(copy);
  return daemon;
}

/// Accepts nothing any more; what is open goes on.
static inline void acq_http_quiesce(struct MHD_Daemon *_Nonnull daemon) {
  int socket = MHD_quiesce_daemon(daemon);
  if (socket >= 0) close(socket);
}

/// The connection's socket, or -1.
static inline int acq_http_socket(struct MHD_Connection *_Nonnull connection) {
  const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  return info ? info->connect_fd : -1;
}

/// The client's address, or NULL; valid as long as the connection.
static inline const struct sockaddr *_Nullable acq_http_address(struct MHD_Connection *_Nonnull connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  return info ? info->client_addr : NULL;
}

/// What the connection callback keeps for a connection, or NULL.
static inline void *_Nullable acq_http_context(struct MHD_Connection *_Nonnull connection) {
  const union MHD_ConnectionInfo *info =
      MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  return info ? info->socket_context : NULL;
}

/// Sends every write at once: answers are written whole, so waiting to fill a packet only adds delay.
static inline void acq_http_no_delay(int socket) {
  int one = 1;
  setsockopt(socket, 6 /* IPPROTO_TCP */, 1 /* TCP_NODELAY */, &one, sizeof one);
}

/// The user at the other end of a Unix socket; false where the kernel does not tell.
static inline bool acq_http_user(int socket, uint32_t *_Nonnull user) {
  struct {
    int32_t process;
    uint32_t user, group;
  } credentials;  // struct ucred, which glibc shows only to _GNU_SOURCE
  socklen_t size = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, 17 /* SO_PEERCRED */, &credentials, &size) != 0) return false;
  *user = credentials.user;
  return true;
}

/// Whether the other end of a socket has closed or reset it. Takes nothing from the stream.
static inline bool acq_http_is_gone(int socket) {
  struct pollfd entry = {.fd = socket, .events = 0x2000 /* POLLRDHUP, which glibc shows only to _GNU_SOURCE */};
  return poll(&entry, 1, 0) > 0 && entry.revents != 0;
}

/// Bytes that the kernel has taken and the other end has not: they shrink while a slow reader reads.
static inline int acq_http_unsent(int socket) {
  int count = 0;
  return ioctl(socket, SIOCOUTQ, &count) == 0 ? count : -1;
}

/// Ends a connection in both directions; its thread wakes up and closes it.
static inline void acq_http_shut(int socket) { shutdown(socket, SHUT_RDWR); }

static const uint64_t acq_http_size_unknown = MHD_SIZE_UNKNOWN;
static const ssize_t acq_http_end = MHD_CONTENT_READER_END_OF_STREAM;
static const ssize_t acq_http_error = MHD_CONTENT_READER_END_WITH_ERROR;
