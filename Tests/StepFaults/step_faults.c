/* Counts the changes that the program makes by netlink and in /proc/sys, together with those that
 * it makes by other programs, and does something else at the one it is told.
 *
 * /run/saboteur/count holds the number of changes so far, /run/saboteur/deed what happens at which:
 * "eq 3 kill-before". Both are shared with the programs of Saboteur.swift. */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What is done instead of the change, or with it. */
enum deed { nothing, refuse, stop_before, freeze_at, end_before, kill_before, kill_after };

static int number_in(const char *path) {
    char text[32] = "";
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    ssize_t size = read(file, text, sizeof text - 1);
    close(file);
    return size > 0 ? atoi(text) : -1;
}

/* Counts one change, and tells what is to happen at it. */
static enum deed count_change(void) {
    static const char *counter = "/run/saboteur/count";
    char test[8] = "", name[16] = "", line[64] = "";
    int at = 0, count = number_in(counter);
    int file = open("/run/saboteur/deed", O_RDONLY | O_CLOEXEC);
    if (count < 0 || file < 0) return nothing;
    ssize_t size = read(file, line, sizeof line - 1);
    close(file);
    if (size <= 0 || sscanf(line, "%7s %d %15s", test, &at, name) != 3) return nothing;
    count++;
    file = open(counter, O_WRONLY | O_TRUNC | O_CLOEXEC);
    if (file >= 0) {
        dprintf(file, "%d\n", count);
        close(file);
    }
    if (strcmp(test, "ge") == 0 ? count < at : count != at) return nothing;
    if (strcmp(name, "refuse") == 0) return refuse;
    if (strcmp(name, "stop-before") == 0) return stop_before;
    if (strcmp(name, "freeze-at") == 0) return freeze_at;
    if (strcmp(name, "end-before") == 0) return end_before;
    if (strcmp(name, "kill-before") == 0) return kill_before;
    if (strcmp(name, "kill-after") == 0) return kill_after;
    return nothing;
}

/* What comes before the change. */
static void before(enum deed deed) {
    if (deed == stop_before) kill(getpid(), SIGTSTP);
    if (deed == freeze_at) kill(getpid(), SIGSTOP);
    if (deed == kill_before) kill(getpid(), SIGKILL);
    if (deed != end_before) return;
    kill(getpid(), SIGTERM);
    /* A signal is handed on by another thread. */
    usleep(300000);
}

/* The type of the first message of a request to this part of netlink; -1 for anything else. */
static int message_type(int file, const void *bytes, size_t size, int part) {
    int domain = 0, protocol = -1;
    socklen_t length = sizeof domain;
    struct nlmsghdr header;
    if (size < sizeof header + 1) return -1;
    if (getsockopt(file, SOL_SOCKET, SO_DOMAIN, &domain, &length) != 0 || domain != AF_NETLINK)
        return -1;
    length = sizeof protocol;
    if (getsockopt(file, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) != 0) return -1;
    if (protocol != part) return -1;
    memcpy(&header, bytes, sizeof header);
    return header.nlmsg_type;
}

static int is_routing_change(int file, const void *bytes, size_t size) {
    int type = message_type(file, bytes, size, NETLINK_ROUTE);
    return type == RTM_NEWROUTE || type == RTM_DELROUTE || type == RTM_NEWRULE
        || type == RTM_DELRULE;
}

/* Whether the deed is a kill. A batch of nf_tables that is refused is sent once more, whole. */
static int is_kill(void) {
    char line[64] = "";
    int file = open("/run/saboteur/deed", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t size = read(file, line, sizeof line - 1);
    close(file);
    return size > 0 && strstr(line, "kill-") != NULL;
}

/* A batch begins with NFNL_MSG_BATCH_BEGIN. */
static int is_batch(int file, const void *bytes, size_t size) {
    return message_type(file, bytes, size, NETLINK_NETFILTER) == 0x10;
}

ssize_t send(int file, const void *bytes, size_t size, int flags) {
    static ssize_t (*real)(int, const void *, size_t, int);
    if (!real) real = (ssize_t (*)(int, const void *, size_t, int))dlsym(RTLD_NEXT, "send");
    if (!is_routing_change(file, bytes, size) && !(is_batch(file, bytes, size) && is_kill()))
        return real(file, bytes, size, flags);
    enum deed deed = count_change();
    before(deed);
    if (deed == refuse) {
        /* No kernel knows this family: it refuses the message and does nothing. */
        unsigned char *copy = malloc(size);
        if (!copy) abort();
        memcpy(copy, bytes, size);
        copy[sizeof(struct nlmsghdr)] = 250;
        ssize_t sent = real(file, copy, size, flags);
        free(copy);
        return sent;
    }
    ssize_t sent = real(file, bytes, size, flags);
    if (deed == kill_after) kill(getpid(), SIGKILL);
    return sent;
}

static int is_parameter(int file) {
    char link[40], path[64] = "";
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    return readlink(link, path, sizeof path - 1) > 0 && strncmp(path, "/proc/sys/", 10) == 0;
}

static ssize_t write_parameter(
    ssize_t (*real)(int, const void *, size_t, off_t), int file, const void *bytes, size_t size,
    off_t offset) {
    if (!is_parameter(file)) return real(file, bytes, size, offset);
    enum deed deed = count_change();
    before(deed);
    if (deed == refuse) {
        errno = EIO;
        return -1;
    }
    ssize_t written = real(file, bytes, size, offset);
    if (deed == kill_after) kill(getpid(), SIGKILL);
    return written;
}

typedef ssize_t (*writer)(int, const void *, size_t, off_t);

ssize_t pwrite(int file, const void *bytes, size_t size, off_t offset) {
    static writer real;
    if (!real) real = (writer)dlsym(RTLD_NEXT, "pwrite");
    return write_parameter(real, file, bytes, size, offset);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off_t offset) {
    static writer real;
    if (!real) real = (writer)dlsym(RTLD_NEXT, "pwrite64");
    return write_parameter(real, file, bytes, size, offset);
}
