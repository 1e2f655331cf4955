#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

int acq_test_read_lease(int fd) {
  // Whoever opens the file for writing while the lease lasts makes the kernel signal us. SIGURG is ignored unless
  // somebody asks for it; SIGIO, the default, ends the process.
  fcntl(fd, F_SETSIG, SIGURG);
  if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
    fcntl(fd, F_SETLEASE, F_UNLCK);
    return 0;
  }
  return errno == EAGAIN ? 1 : -1;
}

int acq_rename_noreplace(const char *from, const char *to) {
  return acq_rename_noreplace_at(AT_FDCWD, from, AT_FDCWD, to);
}

int acq_rename_noreplace_at(int from_directory, const char *from, int to_directory, const char *to) {
  return renameat2(from_directory, from, to_directory, to, RENAME_NOREPLACE);
}

int acq_link_open_file(int fd, int directory, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  return linkat(AT_FDCWD, path, directory, name, AT_SYMLINK_FOLLOW);
}

int acq_open_directory(int directory, const char *name) {
  return openat(directory, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int acq_thread_name(const char *name) { return pthread_setname_np(pthread_self(), name); }

int acq_filesystem_type(const char *path, uint64_t *type) {
  struct statfs info;
  int result = statfs(path, &info);
  if (result == 0) *type = (uint64_t)info.f_type;
  return result;
}

int acq_reserve(int fd, int64_t length) { return fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, length); }

static void fill(const struct stat *s, struct acq_file_identity *identity) {
  identity->device = s->st_dev;
  identity->inode = s->st_ino;
  identity->size_bytes = (uint64_t)s->st_size;
  identity->link_count = s->st_nlink;
  identity->modified_ns = s->st_mtim.tv_sec * 1000000000LL + s->st_mtim.tv_nsec;
  identity->changed_ns = s->st_ctim.tv_sec * 1000000000LL + s->st_ctim.tv_nsec;
  identity->mode = s->st_mode;
  identity->owner = s->st_uid;
}

int acq_identify(int fd, struct acq_file_identity *identity) {
  struct stat s;
  int result = fstat(fd, &s);
  if (result == 0) fill(&s, identity);
  return result;
}

int acq_identify_path(const char *path, struct acq_file_identity *identity) {
  return acq_identify_at(AT_FDCWD, path, identity);
}

int acq_identify_at(int directory, const char *name, struct acq_file_identity *identity) {
  struct stat s;
  int result = fstatat(directory, name, &s, AT_SYMLINK_NOFOLLOW);
  if (result == 0) fill(&s, identity);
  return result;
}

int acq_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_CLOEXEC); }

int acq_clock_is_synchronised(void) {
  struct timex state;
  memset(&state, 0, sizeof state);
  int result = adjtimex(&state);
  if (result < 0) return -1;
  return (result != TIME_ERROR && !(state.status & STA_UNSYNC)) ? 1 : 0;
}

int acq_space(const char *path, uint64_t *free_bytes, uint64_t *total_bytes) {
  struct statvfs info;
  int result = statvfs(path, &info);
  if (result == 0) {
    *free_bytes = (uint64_t)info.f_bavail * info.f_frsize;
    *total_bytes = (uint64_t)info.f_blocks * info.f_frsize;
  }
  return result;
}

int acq_tune(int fd, int user_timeout_ms, int unsent_bytes, int traffic_class) {
  int one = 1;
  int result = setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  // The rest is better than nothing where a kernel offers it; a session works without.
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout_ms, sizeof user_timeout_ms);
  setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent_bytes, sizeof unsent_bytes);
  setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "bbr", 3);
  setsockopt(fd, IPPROTO_IP, IP_TOS, &traffic_class, sizeof traffic_class);
  setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &traffic_class, sizeof traffic_class);
  return result;
}

int acq_abort(int fd) {
  struct linger linger = {.l_onoff = 1, .l_linger = 0};
  struct sockaddr nobody = {.sa_family = AF_UNSPEC};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  return connect(fd, &nobody, sizeof nobody);
}

int acq_peer_user(int fd, uint32_t *user, uint32_t *group) {
  struct ucred credentials;
  socklen_t length = sizeof credentials;
  int result = getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length);
  if (result == 0) *user = credentials.uid, *group = credentials.gid;
  return result;
}

int acq_socket_error(int fd) {
  int error = 0;
  socklen_t length = sizeof error;
  return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

int acq_unnamed_file(const char *directory) {
  int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) return fd;
  char path[4096];
  if (snprintf(path, sizeof path, "%s/scratch-XXXXXX", directory) >= (int)sizeof path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  fd = mkostemp(path, O_CLOEXEC);
  if (fd >= 0) unlink(path);
  return fd;
}

char **acq_environment(void) { return environ; }

int acq_spawn_close_all(void *actions) { return posix_spawn_file_actions_addclosefrom_np(actions, 3); }
