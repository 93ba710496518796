/* A disk that fails on demand, for LD_PRELOAD: what the appliance's process asks of its files goes wrong here first.
 *
 * BROKEN_DISK_FLAG   while this file exists, fsync and fdatasync fail with EIO (but the first N calls after it appears,
 *                    N being the file's size in bytes);
 * BROKEN_DISK_KILL   at the so many-th write, sync or truncate of a file whose path contains BROKEN_DISK_PATH, the
 *                    process kills itself, before the call does anything.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static long calls;
static long synced_since_flag;

static int watched(int fd)
{
    const char *part = getenv("BROKEN_DISK_PATH");
    char link[64], path[4096];
    if (!part)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0)
        return 0;
    path[size] = 0;
    return strstr(path, part) != NULL;
}

static void maybe_die(int fd)
{
    const char *at = getenv("BROKEN_DISK_KILL");
    if (at && watched(fd) && __atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) == atol(at))
        kill(getpid(), SIGKILL);
}

static int must_fail(void)
{
    const char *flag = getenv("BROKEN_DISK_FLAG");
    struct stat seen;
    if (!flag || stat(flag, &seen) != 0) {
        synced_since_flag = 0;
        return 0;
    }
    return __atomic_fetch_add(&synced_since_flag, 1, __ATOMIC_SEQ_CST) >= seen.st_size;
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

int fdatasync(int fd)
{
    REAL(fdatasync);
    maybe_die(fd);
    if (must_fail()) {
        errno = EIO;
        return -1;
    }
    return real(fd);
}

int fsync(int fd)
{
    REAL(fsync);
    maybe_die(fd);
    if (must_fail()) {
        errno = EIO;
        return -1;
    }
    return real(fd);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t at)
{
    REAL(pwrite64);
    maybe_die(fd);
    return real(fd, bytes, size, at);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    REAL(pwrite);
    maybe_die(fd);
    return real(fd, bytes, size, at);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    REAL(write);
    maybe_die(fd);
    return real(fd, bytes, size);
}

int ftruncate64(int fd, off64_t size)
{
    REAL(ftruncate64);
    maybe_die(fd);
    return real(fd, size);
}
