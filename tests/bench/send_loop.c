/* The plain limit of a fan-out: accept N connections, answer each upgrade, then write one prepared frame to all of them
 * for every frame that the first connection sends. Nothing is parsed beyond what keeps the conversation in step.
 *
 * usage: send_loop CONNECTIONS PAYLOAD_BYTES     prints the port it listens on, ends when the first connection does
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char UPGRADED[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
static const char HEAD[] = "{\"pos\":1,\"events\":[{\"type\":\"message.text\",\"body\":\"";
static const char TAIL[] = "\"}]}";

static int write_all(int to, const char *bytes, size_t size) {
    while (size > 0) {
        ssize_t written = write(to, bytes, size);
        if (written < 0) {
            if (errno == EINTR) continue;
            return -1;
        }
        bytes += written;
        size -= (size_t)written;
    }
    return 0;
}

static size_t prepare(char *frame, size_t payload) {
    size_t fixed = sizeof HEAD - 1 + sizeof TAIL - 1;
    frame[0] = (char)0x81;
    frame[1] = 126;
    frame[2] = (char)(payload >> 8);
    frame[3] = (char)(payload & 0xff);
    memcpy(frame + 4, HEAD, sizeof HEAD - 1);
    memset(frame + 4 + sizeof HEAD - 1, 'x', payload - fixed);
    memcpy(frame + 4 + payload - (sizeof TAIL - 1), TAIL, sizeof TAIL - 1);
    return payload + 4;
}

static int read_all(int from, char *bytes, size_t size) {
    while (size > 0) {
        ssize_t got = read(from, bytes, size);
        if (got <= 0) return -1;
        bytes += got;
        size -= (size_t)got;
    }
    return 0;
}

/* One masked client frame of at most 64 KiB (RFC 6455 §5.2): read and forgotten. */
static int read_frame(int from) {
    static char bytes[4 + 65536];
    unsigned char head[2], extended[2];
    if (read_all(from, (char *)head, 2) < 0) return -1;
    size_t size = head[1] & 0x7f;
    if (size == 126) {
        if (read_all(from, (char *)extended, 2) < 0) return -1;
        size = (size_t)extended[0] << 8 | extended[1];
    }
    return read_all(from, bytes, 4 + size);
}

static int upgrade(int connection) {
    char request[4096];
    size_t used = 0;
    while (used < sizeof request) {
        ssize_t got = read(connection, request + used, sizeof request - used);
        if (got <= 0) return -1;
        used += (size_t)got;
        if (used >= 4 && memcmp(request + used - 4, "\r\n\r\n", 4) == 0)
            return write_all(connection, UPGRADED, sizeof UPGRADED - 1);
    }
    return -1;
}

int main(int count, char **values) {
    if (count != 3) return 2;
    int connections = atoi(values[1]), one = 1;
    size_t payload = (size_t)atoi(values[2]);
    if (connections < 1 || payload < 100 || payload > 65535) return 2;
    int *open = calloc((size_t)connections, sizeof *open);
    char *frame = malloc(payload + 4);
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    if (!open || !frame || listening < 0 || bind(listening, (struct sockaddr *)&address, length) < 0 ||
        listen(listening, 4096) < 0 || getsockname(listening, (struct sockaddr *)&address, &length) < 0)
        return 1;
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    size_t size = prepare(frame, payload);
    for (int i = 0; i < connections; i++) {
        open[i] = accept(listening, NULL, NULL);
        if (open[i] < 0) return 1;
        setsockopt(open[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (upgrade(open[i]) < 0) return 1;
    }
    while (read_frame(open[0]) == 0)
        for (int i = 1; i < connections; i++)
            if (write_all(open[i], frame, size) < 0) return 1;
    return 0;
}
