/* The world around a gateway, as its tests make it: a disk that loses power, lies or is full, and a
 * clock that jumps. It is preloaded, and stands between SQLite and the system.
 *
 * WORLD_STORE names the database. The others name files: WORLD_NOTES is where its writes and syncs
 * are noted, in their order; while WORLD_LYING is there, syncs do nothing; while WORLD_FULL is
 * there, nothing can be written; WORLD_CLOCK has the seconds that the clock is ahead. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* What a disk writes whole or not at all. */
#define SECTOR 512

/* Files, as notes name them. The index of the log, '-shm', is memory: it is full with the disk, but
 * never noted. */
enum { OTHER = 0, DATABASE = 'd', LOG = 'w', ROLLBACK = 'j', INDEX = 's', FOLDER = 'f' };

/* A note: a head, and for a write the bytes. */
struct head {
  char what; /* 'c'reated, 'w'ritten, 't'runcated, 's'ynced, 'u'nlinked */
  char file;
  char unused[6];
  uint64_t offset;
  uint64_t size;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int notes = -1;

static int present(const char *variable) {
  const char *path = getenv(variable);
  return path != NULL && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
}

static char file_at(const char *path) {
  const char *store = getenv("WORLD_STORE");
  if (store == NULL || path == NULL) return OTHER;
  size_t length = strlen(store);
  if (strncmp(path, store, length) == 0) {
    const char *end = path + length;
    if (*end == '\0') return DATABASE;
    if (strcmp(end, "-wal") == 0) return LOG;
    if (strcmp(end, "-journal") == 0) return ROLLBACK;
    if (strcmp(end, "-shm") == 0) return INDEX;
    return OTHER;
  }
  size_t folder = (size_t)(strrchr(store, '/') - store);
  return strlen(path) == folder && strncmp(path, store, folder) == 0 ? FOLDER : OTHER;
}

static char file_of(int descriptor) {
  char link[64], path[PATH_MAX];
  if (getenv("WORLD_STORE") == NULL) return OTHER;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  if (length <= 0) return OTHER;
  path[length] = '\0';
  return file_at(path);
}

static void append(const void *bytes, size_t size) {
  const char *rest = bytes;
  while (size > 0) {
    long written = syscall(SYS_write, notes, rest, size);
    if (written <= 0) abort();
    rest += written;
    size -= (size_t)written;
  }
}

/* Called with the lock held, after what it notes has been done, and before that is answered. */
static void note(char what, char file, uint64_t offset, uint64_t size, const void *bytes) {
  const char *path = getenv("WORLD_NOTES");
  if (path == NULL || file == INDEX) return;
  if (notes < 0) {
    int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC;
    notes = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
  }
  struct head head = {.what = what, .file = file, .offset = offset, .size = size};
  append(&head, sizeof head);
  if (bytes != NULL) append(bytes, size);
}

/* How much of a write a disk takes: on a full one less and less, and then nothing. */
static size_t room(size_t size) {
  if (!present("WORLD_FULL")) return size;
  return size > SECTOR ? size / 2 : 0;
}

static ssize_t store_write(int descriptor, char file, const void *bytes, size_t size,
                           off_t offset) {
  pthread_mutex_lock(&lock);
  size_t most = room(size);
  ssize_t written = -1;
  if (most == 0 && size > 0) {
    errno = ENOSPC;
  } else {
    written = syscall(SYS_pwrite64, descriptor, bytes, most, offset);
    if (written > 0) note('w', file, (uint64_t)offset, (uint64_t)written, bytes);
  }
  pthread_mutex_unlock(&lock);
  return written;
}

ssize_t write(int descriptor, const void *bytes, size_t size) {
  char file = file_of(descriptor);
  if (file == OTHER) return syscall(SYS_write, descriptor, bytes, size);
  off_t offset = lseek(descriptor, 0, SEEK_CUR);
  ssize_t written = store_write(descriptor, file, bytes, size, offset);
  if (written > 0) lseek(descriptor, offset + written, SEEK_SET);
  return written;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
  char file = file_of(descriptor);
  if (file == OTHER) return syscall(SYS_pwrite64, descriptor, bytes, size, offset);
  return store_write(descriptor, file, bytes, size, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset) {
  return pwrite(descriptor, bytes, size, offset);
}

int ftruncate(int descriptor, off_t size) {
  char file = file_of(descriptor);
  if (file == OTHER) return (int)syscall(SYS_ftruncate, descriptor, size);
  pthread_mutex_lock(&lock);
  int outcome = -1;
  if (present("WORLD_FULL")) {
    errno = ENOSPC;
  } else {
    outcome = (int)syscall(SYS_ftruncate, descriptor, size);
    if (outcome == 0) note('t', file, 0, (uint64_t)size, NULL);
  }
  pthread_mutex_unlock(&lock);
  return outcome;
}

int ftruncate64(int descriptor, off64_t size) { return ftruncate(descriptor, size); }

/* Where notes are taken they are the disk, and the real one need not be waited for. */
static int store_sync(int descriptor, long call) {
  char file = file_of(descriptor);
  if (file == OTHER || getenv("WORLD_NOTES") == NULL) return (int)syscall(call, descriptor);
  pthread_mutex_lock(&lock);
  if (!present("WORLD_LYING")) note('s', file, 0, 0, NULL);
  pthread_mutex_unlock(&lock);
  return 0;
}

int fsync(int descriptor) { return store_sync(descriptor, SYS_fsync); }

int fdatasync(int descriptor) { return store_sync(descriptor, SYS_fdatasync); }

int unlink(const char *path) {
  char file = file_at(path);
  if (file == OTHER) return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  pthread_mutex_lock(&lock);
  int outcome = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
  if (outcome == 0) note('u', file, 0, 0, NULL);
  pthread_mutex_unlock(&lock);
  return outcome;
}

static int store_open(const char *path, int flags, mode_t mode) {
  char file = file_at(path);
  if (file == OTHER || !(flags & O_CREAT)) {
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  }
  pthread_mutex_lock(&lock);
  int existed = syscall(SYS_faccessat, AT_FDCWD, path, F_OK) == 0;
  int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
  if (descriptor >= 0 && !existed) note('c', file, 0, 0, NULL);
  pthread_mutex_unlock(&lock);
  return descriptor;
}

/* The mode is there only where a file may be made. */
#define OPEN(name)                              \
  int name(const char *path, int flags, ...) {  \
    mode_t mode = 0;                            \
    if (flags & (O_CREAT | O_TMPFILE)) {        \
      va_list rest;                             \
      va_start(rest, flags);                    \
      mode = va_arg(rest, mode_t);              \
      va_end(rest);                             \
    }                                           \
    return store_open(path, flags, mode);       \
  }
OPEN(open)
OPEN(open64)

static time_t seconds_ahead(void) {
  const char *path = getenv("WORLD_CLOCK");
  if (path == NULL) return 0;
  char text[32] = {0};
  long file = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
  if (file < 0) return 0;
  long length = syscall(SYS_read, file, text, sizeof text - 1);
  syscall(SYS_close, file);
  return length > 0 ? (time_t)strtoll(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  int outcome = (int)syscall(SYS_clock_gettime, clock, now);
  if (outcome == 0 && clock == CLOCK_REALTIME) now->tv_sec += seconds_ahead();
  return outcome;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  struct timespec precise;
  (void)zone;
  int outcome = clock_gettime(CLOCK_REALTIME, &precise);
  now->tv_sec = precise.tv_sec;
  now->tv_usec = precise.tv_nsec / 1000;
  return outcome;
}

time_t time(time_t *now) {
  struct timespec precise;
  clock_gettime(CLOCK_REALTIME, &precise);
  if (now != NULL) *now = precise.tv_sec;
  return precise.tv_sec;
}
