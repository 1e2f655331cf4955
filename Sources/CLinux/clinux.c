#define _GNU_SOURCE
#include "clinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>

int acq_test_read_lease(int fd) {
  if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
    fcntl(fd, F_SETLEASE, F_UNLCK);
    return 0;
  }
  return errno == EAGAIN ? 1 : -1;
}

int acq_rename_noreplace(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
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
  struct stat s;
  int result = lstat(path, &s);
  if (result == 0) fill(&s, identity);
  return result;
}

int acq_open_beneath(int directory, const char *path, uint64_t flags, uint64_t mode) {
  struct open_how how = {.flags = flags, .mode = mode, .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS};
  return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int acq_accept(int fd) { return accept4(fd, NULL, NULL, SOCK_CLOEXEC); }

int acq_clock_is_synchronised(void) {
  struct timex state;
  memset(&state, 0, sizeof state);
  int result = adjtimex(&state);
  if (result < 0) return -1;
  return (result != TIME_ERROR && !(state.status & STA_UNSYNC)) ? 1 : 0;
}
