#include "ops/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/arena.h"
#include "http/fetch.h"
#include "providers/address.h"

/* As much as the spool may take, and room for the store to go on meanwhile. */
#define DISK_LEAST ((uint64_t)2 << 30)

/* What is further apart is no network's doing. */
#define CLOCKS_APART SECONDS(5)

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

/* Asked as the provider would: from outside, if the name leads there. */
static bool address_leads_here(struct patient *p, struct err *e)
{
    static const struct {
        enum finding_code found;
        const char *text, *fix;
    } table[] = {
        {FINDING_ADDRESS_PRIVATE, "WEBHOOK_BASE_URL leads nowhere on the internet",
         "fine for demo calls; a provider needs the one under which it reaches you"},
        {FINDING_ADDRESS_NOT_HTTPS, "WEBHOOK_BASE_URL is no https address",
         "let a proxy with a certificate stand before the server"},
        {FINDING_ADDRESS_UNREACHABLE, "nothing answers at WEBHOOK_BASE_URL",
         "does the server run, and do the name, the proxy and its certificate lead to it?"},
        {FINDING_ADDRESS_ELSEWHERE, "something else answers at WEBHOOK_BASE_URL",
         "look which host the name leads to, and what the proxy does with /health"},
    };
    const enum finding_code found =
        address_check(p->cmd->config.webhook_base_url, p->cmd->config.demo_calls, NULL, p->cmd->a);

    for (size_t i = 0; i < LEN(table); i++)
        if (table[i].found == found) {
            err_set(e, ERR_UNAVAILABLE, "%s", table[i].text);
            return err_fix(e, "%s", table[i].fix);
        }
    return true;
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

/* By the configuration, or by a project's own settings. */
static bool account_is_connected(struct patient *p, struct err *e)
{
    int64_t n;

    if (!str_is_empty(p->cmd->config.twilio_account_sid))
        return true;
    if (!db_count(p->db, Q_CONNECTION_COUNT, NO_BINDS, p->cmd->a, &n, e))
        return err_trace(e);
    if (n > 0)
        return true;
    err_set(e, ERR_INVALID, "none is connected: every webhook is refused");
    err_fix(e, "connect one on the page, under Settings, Connections");
    return err_fix(e, "or set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN");
}

static bool projects_are_apart(struct patient *p, struct err *e)
{
    return store_engine(p->store) != STORE_POSTGRES || store_wall_check(p->store, e) ||
           err_trace(e);
}

/* Of what both say within a moment of one another. */
static bool clocks_agree(struct patient *p, struct err *e)
{
    static const struct column columns[] = {{"ahead_us", COLUMN_INT, 0}};
    int64_t ahead = 0;
    bool found;

    if (!db_query_one(p->db, Q_CLOCK_AHEAD, BINDS(bind_time("now", clock_wall(&clock_system))),
                      columns, LEN(columns), p->cmd->a, &ahead, &found, e))
        return err_trace(e);
    if (llabs(ahead) < CLOCKS_APART)
        return true;
    err_set(e, ERR_UNAVAILABLE, "it is %lld seconds %s the database's", llabs(ahead) / SECONDS(1),
            ahead > 0 ? "ahead of" : "behind");
    return err_fix(e,
                   "set right the one that is wrong; more than an hour apart, nothing is deleted");
}

// --- all of it -----------------------------------------------------------------------------------

static const struct examination {
    const char *what;
    bool (*holds)(struct patient *p, struct err *e);
    bool needs_store;
    bool is_advice; /* it works without; the doctor is content all the same */
} examinations[] = {
    {"spool directory", spool_can_be_written, false, false},
    {"room for the spool", spool_has_room, false, true},
    {"room for the database", database_has_room, false, true},
    {"clock", clock_is_kept, false, true},
    {"public address", address_leads_here, false, true},
    {"store answers", store_answers, true, false},
    {"schema fits this binary", schema_fits, true, false},
    {"clock beside the database's", clocks_agree, true, true},
    {"provider account", account_is_connected, true, false},
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
    if (!http_fetch_init(&e))
        return tool_fail(&e);
    doctor_tell("ok", "configuration is valid", NULL);
    const bool opened = tool_store(cmd, &s, &e);
    doctor_tell(opened ? "ok" : "FAILED", "store can be opened", opened ? NULL : &e);
    if (opened) {
        p.store = s;
        db = store_connect(s, STORE_TOOL);
        p.db = db;
    }
    return examine(&p) && opened ? EXIT_SUCCESS : EXIT_FAILURE;
}

int tool_health(struct command *cmd)
{
    const struct str given = cmd->config.listen_address;
    const struct str address = str_is_empty(given) ? STR("127.0.0.1") : given;
    const bool is_v6 = str_find(address, ':') < address.n;
    const struct str url = str_fmt(cmd->a, "http://%s" STR_FMT "%s:%lld", is_v6 ? "[" : "",
                                   STR_ARG(address), is_v6 ? "]" : "", (long long)cmd->config.port);
    struct err e = {0};
    bool is_well;

    if (!http_fetch_init(&e))
        return tool_fail(&e);
    if (address_ask(url, NULL, cmd->a, &is_well) == FINDING_ADDRESS_OK && is_well)
        return EXIT_SUCCESS;
    err_set(&e, ERR_UNAVAILABLE, "the server at " STR_FMT " is not well, or not there",
            STR_ARG(url));
    return tool_fail(&e);
}
