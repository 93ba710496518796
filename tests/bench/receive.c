/* The receiving half of a fan-out, for connections that somebody else has opened: counts a word on all of them together
 * and says when each message has reached everybody. In C, since reading 500 sockets in Python takes longer than the
 * server needs to write to them.
 *
 * usage: receive WORD AUDIENCE KEEPALIVE_HEX FD...
 *
 * Prints the time (CLOCK_MONOTONIC, ns) at which each further AUDIENCE words were complete. Writes the bytes KEEPALIVE to
 * each connection every ten seconds. When standard input ends it prints «total N» and ends.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define READ 65536
#define MAX_WORD_LENGTH 64
#define EVERY_S 10
#define EVENTS 512

struct member {
    int fd;
    size_t kept;
    char rest[MAX_WORD_LENGTH];
};

static long now(void) {
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return at.tv_sec * 1000000000L + at.tv_nsec;
}

/* Counts the words in what was kept from the read before and what comes now; keeps what may be a word's beginning. */
static long count(struct member *member, char *buffer, size_t size, const char *word, size_t length) {
    long found = 0;
    const char *at = buffer, *end = buffer + size;
    while ((at = memmem(at, (size_t)(end - at), word, length)) != NULL) {
        found++;
        at += length;
    }
    member->kept = size < length - 1 ? size : length - 1;
    memcpy(member->rest, end - member->kept, member->kept);
    return found;
}

static long receive(struct member *member, const char *word, size_t length) {
    static char buffer[MAX_WORD_LENGTH + READ];
    memcpy(buffer, member->rest, member->kept);
    ssize_t size = read(member->fd, buffer + member->kept, READ);
    if (size < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
    return size == 0 ? -1 : count(member, buffer, member->kept + (size_t)size, word, length);
}

static size_t from_hex(const char *hex, char *bytes) {
    size_t size = strlen(hex) / 2;
    for (size_t at = 0; at < size; at++) {
        unsigned byte;
        if (sscanf(hex + 2 * at, "%2x", &byte) != 1) exit(2);
        bytes[at] = (char)byte;
    }
    return size;
}

int main(int count_of, char **words) {
    if (count_of < 5 || strlen(words[1]) > MAX_WORD_LENGTH || strlen(words[3]) > 2 * MAX_WORD_LENGTH) return 2;
    const char *word = words[1];
    size_t length = strlen(word);
    long audience = atol(words[2]), total = 0, due = audience;
    char keepalive[MAX_WORD_LENGTH];
    size_t alive = from_hex(words[3], keepalive);
    int members = count_of - 4, poll = epoll_create1(0);
    struct member *all = calloc((size_t)members, sizeof *all);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, ready[EVENTS];
    epoll_ctl(poll, EPOLL_CTL_ADD, 0, &event);
    for (int each = 0; each < members; each++) {
        all[each].fd = atoi(words[4 + each]);
        event.data.ptr = &all[each];
        if (epoll_ctl(poll, EPOLL_CTL_ADD, all[each].fd, &event) < 0) return 3;
    }
    puts("ready");
    fflush(stdout);
    for (long written = now();;) {
        int found = epoll_wait(poll, ready, EVENTS, 1000);
        for (int each = 0; each < found; each++) {
            if (ready[each].data.ptr == NULL) {
                printf("total %ld\n", total);
                return 0;
            }
            long more = receive(ready[each].data.ptr, word, length);
            if (more < 0) return 4;
            for (total += more; total >= due; due += audience) {
                printf("%ld\n", now());
                fflush(stdout);
            }
        }
        if (now() - written > EVERY_S * 1000000000L) {
            written = now();
            for (int each = 0; each < members; each++)
                if (write(all[each].fd, keepalive, alive) < 0) return 5;
        }
    }
}
