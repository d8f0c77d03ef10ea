#include "ops/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/arena.h"
#include "http/fetch.h"

/* As much as the spool may take, and room for the store to go on meanwhile. */
#define DISK_LEAST ((uint64_t)2 << 30)
#define REACH_TIMEOUT SECONDS(10)
enum { HEALTH_MAX = 1024 * 1024 };

struct patient {
    struct command *cmd;
    struct store *store; /* NULL: it could not be opened */
    struct db *db;
};

void doctor_tell(const char *verdict, const char *what, const struct err *e)
{
    (void)printf("%-7s %s%s%s\n", verdict, what, e ? ": " : "", e ? e->text : "");
    for (size_t i = 0; e && i < e->n_fix; i++)
        (void)printf("        - %s\n", e->fix[i]);
}

// --- this machine --------------------------------------------------------------------------------

static bool spool_can_be_written(struct patient *p, struct err *e)
{
    const char *path = str_z(p->cmd->config.spool_dir, p->cmd->a);

    if (access(path, F_OK) == 0 && access(path, W_OK) != 0)
        return err_set(e, ERR_UNAVAILABLE, "SPOOL_DIR: %s cannot be written", path);
    return true;
}

/* The directory that a path will be in, as far as it is there already. */
static bool statvfs_above(char *path, struct statvfs *ret)
{
    while (statvfs(path, ret) != 0) {
        char *slash = strrchr(path, '/');
        if (!slash || slash == path)
            return statvfs(slash ? "/" : ".", ret) == 0;
        *slash = '\0';
    }
    return true;
}

static bool disk_has_room(const char *name, struct str path, struct arena *a, struct err *e)
{
    struct statvfs v;
    char *at = arena_alloc(a, path.n + 1);

    memcpy(at, path.p, path.n);
    at[path.n] = '\0';
    if (!statvfs_above(at, &v))
        return err_set(e, ERR_UNAVAILABLE, "%s: its disk cannot be looked at", name);
    const uint64_t room = (uint64_t)v.f_bavail * v.f_frsize;
    if (room >= DISK_LEAST)
        return true;
    err_set(e, ERR_UNAVAILABLE, "%s: %llu MB are free, %llu are wanted", name,
            (unsigned long long)(room >> 20), (unsigned long long)(DISK_LEAST >> 20));
    return err_fix(e, "a full disk refuses webhooks: make room, or give it a larger one");
}

static bool spool_has_room(struct patient *p, struct err *e)
{
    return disk_has_room("SPOOL_DIR", p->cmd->config.spool_dir, p->cmd->a, e);
}

static bool database_has_room(struct patient *p, struct err *e)
{
    struct str path = p->cmd->config.database_url;

    return !cut_lit(&path, STR("sqlite:")) || disk_has_room("DATABASE_URL", path, p->cmd->a, e);
}

/* Tokens, the provider's times and the leases of several nodes rest on it. */
static bool clock_is_kept(struct patient *p, struct err *e)
{
    struct timex t = {.modes = 0};

    (void)p;
    if (adjtimex(&t) != TIME_ERROR && !(t.status & STA_UNSYNC))
        return true;
    err_set(e, ERR_UNAVAILABLE, "nothing keeps this machine's clock right");
    return err_fix(e, "install chrony or systemd-timesyncd; in a container, on its host");
}

// --- the way in ----------------------------------------------------------------------------------

static bool provider_configured(struct patient *p, struct err *e)
{
    if (!str_is_empty(p->cmd->config.twilio_account_sid))
        return true;
    err_set(e, ERR_INVALID, "no provider account: every webhook is refused");
    return err_fix(e, "set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN");
}

/* Whether a Hookswitch answers there, and is well. */
static bool ask_health(struct str base, struct arena *a, struct err *e)
{
    struct http_fetched got;
    struct buf body;
    const struct http_fetch f = {
        .peer = "the server",
        .url = str_fmt(a, STR_FMT "/health", STR_ARG(base)),
        .connect_timeout = REACH_TIMEOUT,
        .total_timeout = REACH_TIMEOUT,
    };

    buf_init(&body, HEALTH_MAX);
    const bool fetched = http_fetch_init(e) && http_fetch(&f, a, &body, &got, e);
    const bool well = fetched && str_contains(buf_view(&body), STR("\"status\":\"healthy\""));
    buf_finish(&body);
    if (!fetched)
        return err_trace(e);
    return well ||
           err_set(e, ERR_UPSTREAM, "something else answers there, with status %d", got.status);
}

/* Asked as the provider would: from outside, if the name leads there. */
static bool is_reachable(struct patient *p, struct err *e)
{
    if (ask_health(p->cmd->config.webhook_base_url, p->cmd->a, e))
        return true;
    err_trace(e);
    return err_fix(e, "does the server run, and do the name, the proxy and its certificate lead "
                      "to it?");
}

static bool provider_can_reach(struct patient *p, struct err *e)
{
    const struct str base = p->cmd->config.webhook_base_url;

    if (str_starts(base, STR("https://")) && !str_contains(base, STR("://localhost")))
        return true;
    err_set(e, ERR_INVALID, "WEBHOOK_BASE_URL is no public https address");
    return err_fix(e, "fine for demo calls; a provider needs the one under which it reaches you");
}

// --- the store -----------------------------------------------------------------------------------

static bool store_answers(struct patient *p, struct err *e)
{
    return db_ping(p->db, e) || err_trace(e);
}

static bool schema_fits(struct patient *p, struct err *e)
{
    return store_schema_check(p->store, e) || err_trace(e);
}

static bool projects_are_apart(struct patient *p, struct err *e)
{
    return store_engine(p->store) != STORE_POSTGRES || store_wall_check(p->store, e) ||
           err_trace(e);
}

// --- all of it -----------------------------------------------------------------------------------

static const struct examination {
    const char *what;
    bool (*holds)(struct patient *p, struct err *e);
    bool needs_store;
    bool is_advice; /* it works without; the doctor is content all the same */
} examinations[] = {
    {"provider account", provider_configured, false, false},
    {"spool directory", spool_can_be_written, false, false},
    {"room for the spool", spool_has_room, false, true},
    {"room for the database", database_has_room, false, true},
    {"clock", clock_is_kept, false, true},
    {"public address", provider_can_reach, false, true},
    {"the public address leads here", is_reachable, false, true},
    {"store answers", store_answers, true, false},
    {"schema fits this binary", schema_fits, true, false},
    {"the database keeps projects apart", projects_are_apart, true, false},
};

/* False when something is wrong that it does not work without. */
static bool examine(struct patient *p)
{
    bool fine = true;

    for (size_t i = 0; i < LEN(examinations); i++) {
        const struct examination *x = &examinations[i];
        struct err e = {0};
        if (x->needs_store && !p->store)
            continue;
        const bool ok = x->holds(p, &e);
        doctor_tell(ok ? "ok" : x->is_advice ? "advice" : "FAILED", x->what, ok ? NULL : &e);
        fine &= ok || x->is_advice;
    }
    return fine;
}

int tool_doctor(struct command *cmd)
{
    _cleanup_(store_closep) struct store *s = NULL;
    _cleanup_(db_closep) struct db *db = NULL;
    struct patient p = {.cmd = cmd};
    struct err e = {0};

    if (cmd->n_args == 2 && strcmp(cmd->args[0], "--request") == 0)
        return doctor_request(cmd, cmd->args[1]);
    if (cmd->n_args > 0) {
        err_set(&e, ERR_INVALID, "write doctor, or doctor --request FILE");
        return tool_fail(&e);
    }
    doctor_tell("ok", "configuration is valid", NULL);
    const bool opened = tool_store(cmd, &s, &e);
    doctor_tell(opened ? "ok" : "FAILED", "store can be opened", opened ? NULL : &e);
    if (opened) {
        p.store = s;
        p.db = db = store_connect(s, STORE_TOOL);
    }
    return examine(&p) && opened ? EXIT_SUCCESS : EXIT_FAILURE;
}

int tool_health(struct command *cmd)
{
    const struct str address = cmd->config.listen_address;
    const bool v6 = str_find(address, ':') < address.n;
    struct err e = {0};

    if (ask_health(str_fmt(cmd->a, "http://%s" STR_FMT "%s:%lld", v6 ? "[" : "",
                           STR_ARG(str_is_empty(address) ? STR("127.0.0.1") : address),
                           v6 ? "]" : "", (long long)cmd->config.port),
                   cmd->a, &e))
        return EXIT_SUCCESS;
    return tool_fail(&e);
}
