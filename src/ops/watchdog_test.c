#include "test/test.h"

#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ops/watchdog.h"

#define LOOK_EVERY MILLISECONDS(1)

static usec_t owes_nothing(void *arg)
{
    (void)arg;
    return 0;
}

static usec_t owes_the_same(void *arg)
{
    (void)arg;
    return 1;
}

static usec_t owes_another(void *arg)
{
    return atomic_fetch_add((_Atomic usec_t *)arg, 1) + 1;
}

/* A supervisor that listens at a name; abstract ones begin with '@'. */
static int listen_at(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", name);
    if (at.sun_path[0] == '@')
        at.sun_path[0] = '\0';
    assert_int_equal(bind(fd, (struct sockaddr *)&at,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name))),
                     0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
    return fd;
}

static void expect_told(int fd, const char *state)
{
    char said[64];
    const ssize_t n = recv(fd, said, sizeof said, 0);

    assert_str(((struct str){said, (size_t)n}), state);
}

static void the_supervisor_is_told_at_a_file_or_an_abstract_name(void **state)
{
    char file[64], abstract[64];

    (void)state;
    (void)snprintf(file, sizeof file, "/tmp/hookswitch-notify-%d", getpid());
    (void)snprintf(abstract, sizeof abstract, "@hookswitch-notify-%d", getpid());
    const char *const names[] = {file, abstract};
    FOR_EACH_ROW (name, names) {
        const int fd = listen_at(*name);
        supervisor_tell("READY=1");
        expect_told(fd, "READY=1");
        assert_int_equal(close(fd), 0);
    }
    assert_int_equal(unlink(file), 0);
    supervisor_tell("READY=1"); // nobody listens: nothing happens
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
    supervisor_tell("READY=1"); // nobody asked
}

static void while_all_is_well_the_supervisor_hears_of_it(void **state)
{
    const struct watchdog_options o = {.writer_owes_since = owes_nothing, .look_every = LOOK_EVERY};
    char name[64];
    struct watchdog *w;
    struct err e;

    (void)state;
    (void)snprintf(name, sizeof name, "@hookswitch-watchdog-%d", getpid());
    const int fd = listen_at(name);
    assert_ok(watchdog_start(&o, &w, &e), &e);
    for (int i = 0; i < 3; i++)
        expect_told(fd, "WATCHDOG=1");
    watchdog_stop(w);
    assert_int_equal(close(fd), 0);
    assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
}

/* What becomes of a process whose writer owes this; it is asked for many looks. */
static int status_of_writer(usec_t (*owes_since)(void *))
{
    int status;
    const pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        _Atomic usec_t owed = 0;
        struct watchdog *w;
        struct err e;
        const struct watchdog_options o = {
            .writer_owes_since = owes_since, .arg = &owed, .look_every = LOOK_EVERY};
        (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        if (!watchdog_start(&o, &w, &e))
            _exit(1);
        while (owes_since != owes_another || atomic_load(&owed) < 200)
            (void)sched_yield();
        watchdog_stop(w);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static void a_writer_that_stands_still_ends_the_process(void **state)
{
    (void)state;
    const int still = status_of_writer(owes_the_same);
    assert_true(WIFSIGNALED(still) && WTERMSIG(still) == SIGABRT);
}

static void a_writer_that_is_slow_but_answers_does_not(void **state)
{
    (void)state;
    assert_int_equal(status_of_writer(owes_another), 0);
}

TEST_MAIN_QUIET(cmocka_unit_test(the_supervisor_is_told_at_a_file_or_an_abstract_name),
                cmocka_unit_test(while_all_is_well_the_supervisor_hears_of_it),
                cmocka_unit_test(a_writer_that_stands_still_ends_the_process),
                cmocka_unit_test(a_writer_that_is_slow_but_answers_does_not))
