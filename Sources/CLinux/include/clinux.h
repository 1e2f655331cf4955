// Only prototypes: GNU-only glibc calls that Swift's Glibc module does not show.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/types.h>

/// fcntl(F_SETLEASE) with F_RDLCK, tested and dropped: 0 nobody writes, 1 somebody does, -1 cannot tell (errno).
int acq_test_read_lease(int fd);
/// renameat2 with RENAME_NOREPLACE.
int acq_rename_noreplace(const char *from, const char *to);
/// Names the calling thread (at most 15 characters).
int acq_thread_name(const char *name);
/// The filesystem's magic number.
int acq_filesystem_type(const char *path, uint64_t *type);
/// fallocate that keeps the size: reserves space without writing.
int acq_reserve(int fd, int64_t length);
/// A nanosecond modification time of an open file, with its size, device, inode and link count.
struct acq_file_identity {
  uint64_t device, inode, size_bytes, link_count;
  int64_t modified_ns, changed_ns;
  uint32_t mode, owner;
};
int acq_identify(int fd, struct acq_file_identity *identity);
/// The same for a path, without following a final symbolic link.
int acq_identify_path(const char *path, struct acq_file_identity *identity);
/// accept4 with SOCK_CLOEXEC.
int acq_accept(int fd);
/// Whether the kernel says that the wall clock is synchronised: 1, 0, or -1.
int acq_clock_is_synchronised(void);
/// Bytes that an ordinary user may still write, and all bytes of the filesystem.
int acq_space(const char *path, uint64_t *free_bytes, uint64_t *total_bytes);
/// The options of protocol §7 on a TCP socket. Only TCP_NODELAY must succeed.
int acq_tune(int fd, int user_timeout_ms, int unsent_bytes, int traffic_class);
/// Ends a TCP connection with RST at once: SO_LINGER 0, then connect(AF_UNSPEC), which also wakes who waits.
int acq_abort(int fd);
/// The user and group at the other end of a Unix socket.
int acq_peer_user(int fd, uint32_t *user, uint32_t *group);
/// Takes the pending error of a socket.
int acq_socket_error(int fd);
/// A file without a name in `directory`, for reading and writing; also where O_TMPFILE is not known.
int acq_unnamed_file(const char *directory);
/// renameat2 with RENAME_NOREPLACE.
int acq_rename_noreplace_at(int from_directory, const char *from, int to_directory, const char *to);
/// Gives exactly the open file another name (linkat through /proc/self/fd), whatever stands at its path by now.
int acq_link_open_file(int fd, int directory, const char *name);
/// Opens a directory for use with the *at calls (O_PATH); a symbolic link is ELOOP or ENOTDIR.
int acq_open_directory(int directory, const char *name);
/// As acq_identify_path, in a directory.
int acq_identify_at(int directory, const char *name, struct acq_file_identity *identity);
/// The environment, for programs that are started.
char **acq_environment(void);
/// Makes a spawned program (posix_spawn_file_actions_t) start without any descriptor but its standard three.
int acq_spawn_close_all(void *actions);
