#include "probe.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "die.h"
#include "histogram.h"

enum { BLOCK = 4096 };

static int open_scratch(const char *dir)
{
    char path[4096];
    int fd;

    snprintf(path, sizeof path, "%s/floor-probe-%ld", dir, (long)getpid());
    fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0)
        die_errno(path);
    unlink(path);
    return fd;
}

void probe_run(const char *dir, unsigned n)
{
    static struct histogram h;
    static char block[BLOCK];
    const int fd = open_scratch(dir);

    memset(block, 'x', sizeof block);
    for (unsigned i = 0; i < n; i++) {
        const int64_t start = now_ns();

        if (write(fd, block, sizeof block) != BLOCK || fdatasync(fd) != 0)
            die_errno("append + fdatasync");
        histogram_add(&h, now_ns() - start);
    }
    close(fd);
    fputs("{\"at\":\"end\",\"fdatasync\":", stdout);
    histogram_print(&h);
    puts("}");
}
