// A disk without room: while the file that FULL names is there, no file on its disk grows. What is in files can be read
// and written over, and files can be made, as where the last block is taken.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int has_no_room(int file, off_t end) {
    const char *mark = getenv("FULL");
    struct stat full, status;
    return mark && stat(mark, &full) == 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
           status.st_dev == full.st_dev && end > status.st_size && (errno = ENOSPC);
}

static off_t place(int file) {
    struct stat status;
    int appends = fcntl(file, F_GETFL) & O_APPEND;
    return appends && fstat(file, &status) == 0 ? status.st_size : lseek(file, 0, SEEK_CUR);
}

static off_t sum(const struct iovec *parts, int count) {
    off_t bytes = 0;
    for (int part = 0; part < count; part++)
        bytes += (off_t)parts[part].iov_len;
    return bytes;
}

ssize_t write(int file, const void *bytes, size_t length) {
    return has_no_room(file, place(file) + (off_t)length) ? -1 : REAL(write)(file, bytes, length);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at) {
    return has_no_room(file, at + (off_t)length) ? -1 : REAL(pwrite)(file, bytes, length, at);
}

ssize_t pwritev(int file, const struct iovec *parts, int count, off_t at) {
    return has_no_room(file, at + sum(parts, count)) ? -1 : REAL(pwritev)(file, parts, count, at);
}

int posix_fallocate(int file, off_t at, off_t length) {
    return has_no_room(file, at + length) ? ENOSPC : REAL(posix_fallocate)(file, at, length);
}

// The same under the names that programs with large files call them by.
ssize_t pwrite64(int, const void *, size_t, off_t) __attribute__((alias("pwrite")));
ssize_t pwritev64(int, const struct iovec *, int, off_t) __attribute__((alias("pwritev")));
int posix_fallocate64(int, off_t, off_t) __attribute__((alias("posix_fallocate")));
