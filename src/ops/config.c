#include "ops/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "trace/otlp.h"

enum kind { TEXT, NUMBER, FLAG, SECRET };

struct variable {
    const char *name;
    enum kind kind;
    size_t at;
    const char *preset;  /* default, in its text form */
    int64_t least, most; /* of a number */
    const char *meaning;
};

#define AT(member) offsetof(struct config, member)

static const struct variable variables[] = {
    {"DATABASE_URL", SECRET, AT(database_url), "sqlite:data/hookswitch.db", 0, 0,
     "The store: sqlite:PATH or postgres://user:password@host/database."},
    {"NATS_URL", SECRET, AT(nats_url), "", 0, 0,
     "nats://user:password@host:4222 carries the hints by which nodes wake one another; empty: "
     "PostgreSQL does. Nothing rests upon them."},
    {"PORT", NUMBER, AT(port), "3000", 0, 65535, "TCP port to listen on; 0 takes any free one."},
    {"LISTEN_ADDRESS", TEXT, AT(listen_address), "", 0, 0,
     "Address to listen on; empty for all of them."},
    {"NODE_ENV", TEXT, AT(environment), "development", 0, 0,
     "production or development. In production WEBHOOK_BASE_URL is required, and on PostgreSQL a "
     "role that row-level security holds: a start waits for one, and spools meanwhile."},
    {"WEBHOOK_BASE_URL", TEXT, AT(webhook_base_url), "", 0, 0,
     "Public base URL as the provider sees it (https://calls.example.com): signatures are checked "
     "against it. Empty: http://localhost:PORT."},
    {"TRUSTED_PROXIES", TEXT, AT(trusted_proxies), "", 0, 0,
     "Comma list of addresses and CIDR blocks whose X-Forwarded-For and -Proto are believed. "
     "Behind "
     "a proxy that is not among them all clients are one, and share what one client may ask."},
    {"WEBHOOK_ALLOWED_CIDRS", TEXT, AT(webhook_allowed_cidrs), "", 0, 0,
     "Comma list of blocks from which webhooks are accepted; empty for all. Twilio's addresses are "
     "not fixed: leave it empty for Twilio."},
    {"WEBHOOK_INVALID_PER_MINUTE", NUMBER, AT(webhook_invalid_per_minute), "60", 1, 1000000,
     "Invalid webhook requests per client address and minute before it is answered 429. Validly "
     "signed events are never limited."},
    {"WEBHOOK_INGESTION_ENABLED", FLAG, AT(webhook_ingestion_enabled), "true", 0, 0,
     "What the flag is until somebody sets it (docs/rollout.md), like the next three. false: "
     "webhooks are answered 503 and nothing is kept; voice requests still get their TwiML."},
    {"REALTIME_PUSH_ENABLED", FLAG, AT(realtime_push_enabled), "true", 0, 0,
     "false: the streams of the feed answer 503 and browsers read it as pages."},
    {"RECONCILE_JOBS_ENABLED", FLAG, AT(reconcile_jobs_enabled), "true", 0, 0,
     "false: nobody asks providers for what they did not tell, unless by hand."},
    {"WORKER_PERCENTAGE", NUMBER, AT(worker_percentage), "100", 0, 100,
     "Share of the calls whose events are processed; those of the others are kept and wait."},
    {"REALTIME_CLIENTS_MAX", NUMBER, AT(realtime_clients_max), "10000", 1, 1000000,
     "Live clients that one project may have on a node; one more is answered 429."},
    {"API_REQUESTS_PER_MINUTE", NUMBER, AT(api_requests_per_minute), "60000", 1, 6000000,
     "Requests to the API that one project may make on a node, in the long run; ten seconds' worth "
     "of them at once. What is beyond is answered 429."},
    {"WEBHOOKS_PER_MINUTE", NUMBER, AT(webhooks_per_minute), "600000", 1, 6000000,
     "Webhooks that a node takes in for one project, likewise; what is beyond is answered 429 and "
     "not kept. Voice requests are always answered, and kept."},
    {"EVENTS_WAITING_MAX", NUMBER, AT(events_waiting_max), "1000000", 1, 6000000,
     "Events of one project that may wait to be processed before its webhooks are answered 429."},
    {"PROJECTS_MAX", NUMBER, AT(projects_max), "100", 1, 1000000,
     "Projects that one organisation may make by itself, as each has limits of its own; "
     "`hookswitch "
     "project create` makes more."},
    {"DEMO_CALLS", FLAG, AT(demo_calls), "false", 0, 0,
     "true: the interface offers calls of the sandbox to look at, and is marked as a demo. Refused "
     "in production, and without a sandbox of this machine as TWILIO_BASE_URL."},
    {"TWILIO_ACCOUNT_SID", TEXT, AT(twilio_account_sid), "", 0, 0,
     "The Twilio account (AC…) whose webhooks are accepted."},
    {"TWILIO_AUTH_TOKEN", SECRET, AT(twilio_auth_token), "", 0, 0,
     "Its primary auth token; webhook signatures are made with it."},
    {"TWILIO_AUTH_TOKEN_SECONDARY", SECRET, AT(twilio_auth_token_secondary), "", 0, 0,
     "A second token that is accepted too, during a rotation."},
    {"TWILIO_BASE_URL", TEXT, AT(twilio_base_url), "https://api.twilio.com", 0, 0,
     "Where Twilio's API is. Recordings are fetched from all hosts of twilio.com; from another "
     "address, such as the sandbox's, when it is given here."},
    {"PROVIDER_REQUESTS_PER_SECOND", NUMBER, AT(provider_requests_per_second), "20", 1, 1000,
     "How often a provider's API is asked about the calls of one project, at most: all of its "
     "accounts and all nodes together, and `hookswitch quota` changes it for one. Twilio refuses "
     "more than about 100."},
    {"OWNED_PHONE_NUMBERS", TEXT, AT(owned_phone_numbers), "", 0, 0,
     "Comma list of our own numbers in E.164 form: +16175006181."},
    {"DEFAULT_REGION", TEXT, AT(default_region), "US", 0, 0,
     "Region (ISO 3166, two letters) of numbers written without a country code."},
    {"SIP_USER", TEXT, AT(sip_user), "dispatcher", 0, 0,
     "SIP user that inbound calls are sent to."},
    {"SIP_DOMAIN", TEXT, AT(sip_domain), "abchomes.sip.us1.twilio.com", 0, 0,
     "SIP domain of that user."},
    {"MASTER_KEY", SECRET, AT(master_key), "", 0, 0,
     "Seals secrets in the store and signs access tokens; at least 32 characters, the same on "
     "every "
     "node. Empty: the key in data/master.key, which the first start makes. Keep a copy of it away "
     "from the database's."},
    {"MASTER_KEY_PREVIOUS", SECRET, AT(master_key_previous), "", 0, 0,
     "The master key before, while it is changed."},
    {"BOOTSTRAP_ADMIN_EMAIL", TEXT, AT(bootstrap_admin_email), "", 0, 0,
     "Address of the owner whom the first start makes; empty: owner@localhost."},
    {"BOOTSTRAP_ADMIN_PASSWORD", SECRET, AT(bootstrap_admin_password), "", 0, 0,
     "The owner's password (10 to 128 characters), as long as they have none. Empty: the owner "
     "signs in with the one-time link that a start prints, and sets one."},
    {"BOOTSTRAP_API_KEY", SECRET, AT(bootstrap_api_key), "", 0, 0,
     "An API key (at least 16 characters) that is made known to the store at start."},
    {"AUTO_MIGRATE", FLAG, AT(auto_migrate), "true", 0, 0,
     "Apply pending schema migrations at start."},
    {"SPOOL_DIR", TEXT, AT(spool_dir), "data/spool", 0, 0,
     "Directory that keeps events while the store is down; best on another disk."},
    {"SQLITE_CACHE_MB", NUMBER, AT(sqlite_cache_mb), "64", 1, 4096,
     "Pages that each of about eight connections to SQLite may keep in memory; it fills as the "
     "data "
     "grow."},
    {"LOOPS", NUMBER, AT(loops), "0", 0, 64,
     "Event loop threads; 0 for one per core that it may use (taskset, cpuset; a quota is not "
     "seen)."},
    {"API_THREADS", NUMBER, AT(api_threads), "6", 1, 256, "Threads that answer the REST API."},
    {"WORKERS", NUMBER, AT(workers), "0", 0, 64,
     "Threads that process the inbox; 0 for one on SQLite or on a single core, otherwise two."},
    {"JOB_THREADS", NUMBER, AT(job_threads), "2", 1, 64,
     "Threads that run jobs: reconcile, retention, housekeeping."},
    {"CANARY_SECONDS", NUMBER, AT(canary_seconds), "60", 0, 86400,
     "How often a webhook of our own is sent through WEBHOOK_BASE_URL, to see whether providers' "
     "come through; 0: never."},
    {"METRICS_TOKEN", SECRET, AT(metrics_token), "", 0, 0,
     "Whoever sends it as a bearer may read /metrics."},
    {"METRICS_ALLOWED_CIDRS", TEXT, AT(metrics_allowed_cidrs), "", 0, 0,
     "Comma list of blocks from which /metrics may be read without the token. Neither: there is no "
     "such page."},
    {"OTEL_EXPORTER_OTLP_ENDPOINT", TEXT, AT(otel_endpoint), "", 0, 0,
     "Where a collector of OpenTelemetry takes OTLP over HTTP (http://localhost:4318); traces are "
     "sent there in protocol buffers (docs/traces.md). Empty: none are made."},
    {"OTEL_EXPORTER_OTLP_HEADERS", SECRET, AT(otel_headers), "", 0, 0,
     "Header fields for the collector, name=value,name=value; values may be percent-encoded."},
    {"OTEL_SERVICE_NAME", TEXT, AT(otel_service_name), "hookswitch", 0, 0,
     "What this node is called in traces."},
    {"OTEL_TRACES_SAMPLER", TEXT, AT(otel_sampler), "parentbased_always_on", 0, 0,
     "Which traces are told of: always_on, always_off or traceidratio, each with parentbased_ "
     "before it or not."},
    {"OTEL_TRACES_SAMPLER_ARG", TEXT, AT(otel_sampler_arg), "1", 0, 0,
     "The share of the traces that traceidratio tells of, from 0 to 1."},
    {"INBOX_KEPT_DAYS", NUMBER, AT(inbox_kept_days), "90", 1, 36500,
     "Days for which webhooks are kept after they came, once they are processed; those that failed "
     "are kept until somebody has dealt with them."},
    {"FEED_KEPT_DAYS", NUMBER, AT(feed_kept_days), "30", 1, 36500,
     "Days for which events of the feed are kept: a client that was away longer loads anew."},
    {"CALLS_KEPT_DAYS", NUMBER, AT(calls_kept_days), "36500", 7, 36500,
     "Days for which calls are kept after they were last told of, once they are over, with their "
     "log; 36500: for ever. Neither webhooks nor the feed are kept longer than calls."},
    {"LOG_LEVEL", TEXT, AT(log_level), "info", 0, 0, "debug, info, warn or error."},
    {"LOG_FORMAT", TEXT, AT(log_format), "logfmt", 0, 0, "logfmt or json."},
};

enum { FILE_MAX = 64 * 1024, PROBLEMS_MAX = ERR_FIXES };

/* Collects what is wrong, so that a person mends it in one go. */
struct problems {
    struct err *e;
    bool any;
};

static void problem(struct problems *p, const char *name, const char *what)
{
    if (p->any)
        err_fix(p->e, "%s: %s", name, what);
    else
        err_set(p->e, ERR_INVALID, "configuration: %s: %s", name, what);
    p->any = true;
}

/* False: errno says why. */
static bool file_read(const char *path, struct arena *a, struct str *ret)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return false;
    char *bytes = arena_alloc(a, FILE_MAX);
    const size_t n = fread(bytes, 1, FILE_MAX, f);
    const int why = ferror(f) ? errno : n < FILE_MAX ? 0 : EFBIG;
    (void)fclose(f); // only read from
    *ret = (struct str){bytes, n};
    errno = why;
    return why == 0;
}

static bool is_known(struct str name)
{
    for (size_t i = 0; i < LEN(variables); i++) {
        const struct str known = str_from(variables[i].name);
        struct str rest = name;
        if (str_eq(name, known))
            return true;
        if (variables[i].kind == SECRET && cut_lit(&rest, known) && str_eq(rest, STR("_FILE")))
            return true;
    }
    return false;
}

/* Without blanks around it, nor the CR that some editors leave. */
static struct str trim_line(struct str line)
{
    line = str_trim(line);
    if (str_ends(line, STR("\r")))
        line.n--;
    return str_trim(line);
}

static struct str unquote(struct str v)
{
    if (v.n >= 2 && (v.p[0] == '"' || v.p[0] == '\'') && v.p[v.n - 1] == v.p[0])
        return str_sub(v, 1, v.n - 2);
    return v;
}

/* The next line that says something, cut at its '='; `name` is none when it has no '='. Lines that
 * are blank or begin with '#' say nothing; quotes around the value are taken off. */
static bool dotenv_next(struct str *rest, struct str *name, struct str *value)
{
    struct str line;

    while (cut_field(rest, '\n', &line)) {
        line = trim_line(line);
        if (str_is_empty(line) || line.p[0] == '#')
            continue;
        const bool cut = cut_until(&line, '=', name);
        *name = cut ? str_trim(*name) : STR_NONE;
        *value = unquote(str_trim(line));
        return true;
    }
    return false;
}

static struct str dotenv_get(struct str dotenv, const char *wanted)
{
    struct str name, value, found = STR_NONE;

    while (dotenv_next(&dotenv, &name, &value))
        if (str_eq(name, str_from(wanted)))
            found = value;
    return found;
}

static void dotenv_check(struct str dotenv, struct arena *a, struct problems *p)
{
    struct str name, value;

    while (dotenv_next(&dotenv, &name, &value)) {
        if (str_is_none(name))
            problem(p, ".env", "a line without '='; write NAME=value");
        else if (!is_known(name))
            problem(p, str_z(name, a), "no such variable; .env.example lists them all");
    }
}

/* No file says nothing; one that is there and cannot be read is not guessed at. */
static struct str dotenv_read(const char *path, struct arena *a, struct problems *p)
{
    struct str text;

    if (file_read(path, a, &text))
        return text;
    if (errno != ENOENT && errno != ENOTDIR)
        problem(p, ".env", str_z(str_fmt(a, "it cannot be read: %s", strerror(errno)), a));
    return STR("");
}

static struct str environment_get(char **environment, const char *name)
{
    const size_t n = strlen(name);

    for (char **v = environment; v && *v; v++)
        if (strncmp(*v, name, n) == 0 && (*v)[n] == '=')
            return str_from(*v + n + 1);
    return STR_NONE;
}

struct sources {
    char **environment;
    struct str dotenv;
    struct arena *a;
};

static struct str lookup(const struct sources *in, const char *name)
{
    const struct str v = environment_get(in->environment, name);
    return str_is_none(v) ? dotenv_get(in->dotenv, name) : v;
}

/* The text of a variable from wherever it is given; the default when nowhere. */
static struct str value_of(const struct sources *in, const struct variable *v, struct problems *p)
{
    const struct str direct = lookup(in, v->name);
    struct str file = STR_NONE, content;

    if (v->kind == SECRET)
        file = lookup(in, str_z(str_fmt(in->a, "%s_FILE", v->name), in->a));
    if (!str_is_empty(direct) && !str_is_empty(file))
        problem(p, v->name, "given twice, directly and as a file; keep one of them");
    if (!str_is_empty(file)) {
        if (file_read(str_z(file, in->a), in->a, &content))
            return trim_line(str_sub(content, 0, str_find(content, '\n')));
        problem(p, v->name, "its _FILE cannot be read");
    }
    return str_is_empty(direct) ? str_from(v->preset) : direct;
}

static bool flag_parse(struct str s, bool *ret)
{
    static const struct {
        struct str word;
        bool value;
    } words[] = {{{"true", 4}, true},   {{"1", 1}, true},  {{"yes", 3}, true}, {{"on", 2}, true},
                 {{"false", 5}, false}, {{"0", 1}, false}, {{"no", 2}, false}, {{"off", 3}, false}};

    for (size_t i = 0; i < LEN(words); i++)
        if (str_eq_nocase(s, words[i].word)) {
            *ret = words[i].value;
            return true;
        }
    return false;
}

static void assign(struct config *c, const struct variable *v, struct str text, struct arena *a,
                   struct problems *p)
{
    char *at = (char *)c + v->at;
    int64_t number;

    switch (v->kind) {
    case TEXT:
    case SECRET:
        *(struct str *)(void *)at = str_dup(text, a);
        return;
    case FLAG:
        if (!flag_parse(text, (bool *)at))
            problem(p, v->name, "write true or false");
        return;
    case NUMBER:
        if (!str_to_i64(text, &number) || number < v->least || number > v->most)
            problem(p, v->name,
                    str_z(str_fmt(a, "write a whole number from %lld to %lld", (long long)v->least,
                                  (long long)v->most),
                          a));
        else
            *(int64_t *)(void *)at = number;
        return;
    }
}

static bool is_http_url(struct str s)
{
    return (cut_lit(&s, STR("https://")) || cut_lit(&s, STR("http://"))) && s.n > 0 &&
           str_find(s, '?') == s.n && str_find(s, '#') == s.n && str_find(s, ' ') == s.n;
}

/* An address of this machine, such as the sandbox's. */
static bool is_local_url(struct str s)
{
    if (!cut_lit(&s, STR("http://")))
        return false;
    const struct str host = str_sub(s, 0, str_find(s, ':'));
    return str_eq(host, STR("127.0.0.1")) || str_eq(host, STR("localhost"));
}

/* An empty endpoint says that there are no traces. */
static void check_traces(const struct config *c, struct arena *a, struct problems *p)
{
    struct http_header *headers;
    uint64_t share;
    size_t n;

    if (!str_is_empty(c->otel_endpoint) && !is_http_url(c->otel_endpoint))
        problem(p, "OTEL_EXPORTER_OTLP_ENDPOINT", "write an http:// or https:// URL without query");
    if (!str_is_utf8(c->otel_service_name))
        problem(p, "OTEL_SERVICE_NAME", "write it in UTF-8");
    if (!otlp_headers_parse(c->otel_headers, a, &headers, &n))
        problem(p, "OTEL_EXPORTER_OTLP_HEADERS", "write name=value,name=value");
    if (!otlp_share_parse(c->otel_sampler, c->otel_sampler_arg, &share))
        problem(p, "OTEL_TRACES_SAMPLER",
                "write always_on, always_off or traceidratio; with the last, a share from 0 to 1 "
                "as OTEL_TRACES_SAMPLER_ARG");
}

bool config_is_production(const struct config *c)
{
    return str_eq(c->environment, STR("production"));
}

/* What one variable demands of another. */
static void check_together(const struct config *c, struct problems *p)
{
    const bool production = config_is_production(c);

    if (!production && !str_eq(c->environment, STR("development")))
        problem(p, "NODE_ENV", "write production or development");
    if (production && str_is_empty(c->webhook_base_url))
        problem(p, "WEBHOOK_BASE_URL",
                "required in production, for example https://calls.example.com");
    if (!str_is_empty(c->webhook_base_url) && !is_http_url(c->webhook_base_url))
        problem(p, "WEBHOOK_BASE_URL", "write an http:// or https:// URL without query");
    if (!is_http_url(c->twilio_base_url))
        problem(p, "TWILIO_BASE_URL", "write an http:// or https:// URL without query");
    else if (production && !str_starts(c->twilio_base_url, STR("https://")))
        problem(p, "TWILIO_BASE_URL", "https:// in production: the auth token is sent there");
    if (c->demo_calls && (production || !is_local_url(c->twilio_base_url)))
        problem(p, "DEMO_CALLS",
                "only beside a sandbox of this machine, with its address as TWILIO_BASE_URL, and "
                "never in production");
    if (!str_is_empty(c->nats_url) && !str_starts(c->nats_url, STR("nats://")) &&
        !str_starts(c->nats_url, STR("tls://")))
        problem(p, "NATS_URL", "write nats://host:4222, or tls://…");
    if (!str_is_empty(c->twilio_account_sid) && str_is_empty(c->twilio_auth_token))
        problem(p, "TWILIO_AUTH_TOKEN",
                "required with TWILIO_ACCOUNT_SID: signatures are always checked");
    if (str_is_empty(c->twilio_account_sid) && !str_is_empty(c->twilio_auth_token))
        problem(p, "TWILIO_ACCOUNT_SID", "required with TWILIO_AUTH_TOKEN");
    if (!str_is_empty(c->bootstrap_api_key) && c->bootstrap_api_key.n < 16)
        problem(p, "BOOTSTRAP_API_KEY", "at least 16 characters");
    if (c->default_region.n != 2)
        problem(p, "DEFAULT_REGION", "two letters, as in US");
    if (!str_starts(c->database_url, STR("sqlite:")) &&
        !str_starts(c->database_url, STR("postgres://")) &&
        !str_starts(c->database_url, STR("postgresql://")))
        problem(p, "DATABASE_URL", "write sqlite:PATH or postgres://…");
}

bool config_load(char **environment, const char *dotenv_path, struct arena *a, struct config *ret,
                 struct err *e)
{
    struct problems p = {.e = e};
    struct sources in = {.environment = environment, .a = a};
    struct config c = {0};

    in.dotenv = dotenv_read(dotenv_path, a, &p);
    dotenv_check(in.dotenv, a, &p);
    for (size_t i = 0; i < LEN(variables); i++)
        assign(&c, &variables[i], value_of(&in, &variables[i], &p), a, &p);
    while (str_ends(c.webhook_base_url, STR("/"))) // paths begin with one
        c.webhook_base_url.n--;
    check_together(&c, &p);
    check_traces(&c, a, &p);
    if (p.any)
        return false;
    if (str_is_empty(c.webhook_base_url))
        c.webhook_base_url = str_fmt(a, "http://localhost:%lld", (long long)c.port);
    *ret = c;
    return true;
}

void config_print_example(struct buf *out)
{
    buf_str(out,
            STR("# Printed by `hookswitch config example`. Copy to .env and change what you "
                "need.\n# A secret NAME can also be given as NAME_FILE, the path of a file.\n"));
    for (size_t i = 0; i < LEN(variables); i++)
        buf_fmt(out, "\n# %s\n#%s=%s\n", variables[i].meaning, variables[i].name,
                variables[i].preset);
}

void config_print_markdown(struct buf *out)
{
    buf_str(out,
            STR("# Configuration\n\nPrinted by `hookswitch config markdown` from the one table "
                "in the code. Variables come from the\nenvironment, and from `.env` for what it "
                "leaves out. A secret `NAME` can also be given as `NAME_FILE`.\n\n"
                "| Variable | Default | Secret | Meaning |\n|---|---|---|---|\n"));
    for (size_t i = 0; i < LEN(variables); i++)
        buf_fmt(out, "| `%s` | %s%s%s | %s | %s |\n", variables[i].name,
                *variables[i].preset ? "`" : "", variables[i].preset,
                *variables[i].preset ? "`" : "", variables[i].kind == SECRET ? "yes" : "",
                variables[i].meaning);
}
