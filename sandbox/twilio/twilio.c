#include "sandbox/twilio/twilio.h"

#include <curl/curl.h>
#include <errno.h>
#include <libxml/parser.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "http/http.h"
#include "loop/loop.h"
#include "sandbox/twilio/post.h"
#include "sandbox/twilio/rest.h"
#include "sandbox/twilio/scene.h"

/*
 * One thread, the engine, owns everything that happens: it takes what is due from the heap, lets
 * the sender work until the next thing is due, and answers the REST API's requests, which come to
 * it through a mailbox from the loop of the HTTP server.
 */

enum { CONNECTIONS = 32, IDLE_MS = 500, DEMO_OPENING = 3, SECONDS_SILENT = 10 };

/* Calls per minute, when the command line does not say. */
#define RATE 30.0
#define DEMO_RATE 9.0

struct engine {
    struct sim sim;
    struct rest *rest;
    struct loop *loop;
    struct http_server *server;
    struct mailbox *mailbox; /* of exchanges */
    struct event next_call, next_report;
    int signals; /* becomes readable when we are asked to end */
    bool to_terminal, told_over;
};

// --- the command line ----------------------------------------------------------------------------

#define AT(member) offsetof(struct sim_options, member)

static const struct option options[] = {
    {"--to", "URL", OPTION_TEXT, AT(to), "where the webhooks go; /webhooks/twilio/... is appended"},
    {"--port", "N", OPTION_COUNT, AT(port), "port of the REST API; 0, the default: any free one"},
    {"--account", "SID", OPTION_TEXT, AT(account), "account sid"},
    {"--token", "TEXT", OPTION_TEXT, AT(token), "auth token: signs webhooks, opens the REST API"},
    {"--number", "E.164", OPTION_LIST, AT(numbers), "an owned number; repeatable, or a comma list"},
    {"--sip-user", "USER@HOST", OPTION_TEXT, AT(sip_user), "the SIP user who calls out"},
    {"--rate", "N", OPTION_REAL, AT(rate), "calls per minute; 0: only those of the REST API"},
    {"--calls", "N", OPTION_COUNT, AT(calls), "end when N calls are over; 0: go on"},
    {"--stay", "", OPTION_FLAG, AT(stay), "when they are over, the REST API still tells of them"},
    {"--seed", "N", OPTION_COUNT, AT(seed), "the same seed, the same calls"},
    {"--speed", "X", OPTION_REAL, AT(speed), "how much faster than in life a call passes"},
    {"--connections", "N", OPTION_COUNT, AT(connections), "requests in flight at most"},
    {"--price-after", "SECONDS", OPTION_REAL, AT(price_after), "when an ended call gets its price"},
    {"--demo", "", OPTION_FLAG, AT(demo), "a pleasant pace for people who watch"},
    {"--burst", "N", OPTION_COUNT, AT(burst), "calls arrive N at once, at the same rate"},
    {"--duplicates", "P", OPTION_SHARE, AT(duplicates), "share of requests that come twice"},
    {"--reorder", "P", OPTION_SHARE, AT(reorder), "share of callbacks that the next one overtakes"},
    {"--delay", "P:SECONDS", OPTION_DELAY, AT(delay),
     "share of callbacks that are late, at most so"},
    {"--lose", "P", OPTION_SHARE, AT(lose), "share of callbacks that are never sent"},
    {"--lose-ends", "P", OPTION_SHARE, AT(lose_ends), "share of ends of calls that are never told"},
    {"--bad-signature", "P", OPTION_SHARE, AT(bad_signature),
     "share with a forged copy beside them"},
    {"--rate-limit", "P", OPTION_SHARE, AT(rate_limit), "share of REST requests answered 429"},
    {"--rest-per-second", "N", OPTION_COUNT, AT(rest_per_second),
     "REST requests in a second; one more is answered 429"},
    {"--ack-log", "FILE", OPTION_TEXT, AT(ack_log), "append a JSON line per acknowledged webhook"},
    {"--quiet", "", OPTION_FLAG, AT(quiet), "no progress line"},
    {"--help", "", OPTION_FLAG, AT(help), "this list"},
};

static const struct sim_options defaults = {
    .to = {"http://127.0.0.1:3000", 21},
    .account = {"AC00000000000000000000000000000000", 34},
    .token = {"demo-token-of-the-simulator-00000", 33},
    .sip_user = {"dispatcher@abchomes.sip.us1.twilio.com", 38},
    .seed = 1,
    .rate = -1, // not said
    .speed = 1,
    .connections = CONNECTIONS,
    .price_after = 30,
};

static struct str default_number = {"+15085140320", 12};

static bool read_options(char **argv, struct arena *a, struct sim_options *ret, struct err *e)
{
    struct sim_options o = defaults;

    if (!options_parse(options, LEN(options), argv, a, &o, e))
        return err_trace(e);
    if (o.numbers.n == 0)
        o.numbers = (struct option_list){&default_number, 1};
    if (o.rate < 0)
        o.rate = o.demo ? DEMO_RATE : RATE;
    if (o.burst == 0)
        o.burst = 1;
    while (str_ends(o.to, STR("/")))
        o.to.n--;
    if (o.speed <= 0)
        return err_set(e, ERR_INVALID, "--speed: more than 0 is expected");
    if (o.connections < 1 || o.connections > 4096)
        return err_set(e, ERR_INVALID, "--connections: 1 to 4096 is expected");
    if (o.port > UINT16_MAX)
        return err_set(e, ERR_INVALID, "--port: 0 to %d is expected", UINT16_MAX);
    if (!str_starts(o.to, STR("http://")) && !str_starts(o.to, STR("https://")))
        return err_set(e, ERR_INVALID, "--to: an http or https URL is expected");
    *ret = o;
    return true;
}

// --- the REST API's door -------------------------------------------------------------------------

/* On the loop. */
static void on_request(struct http_exchange *x, void *arg)
{
    struct engine *g = arg;

    if (mailbox_push(g->mailbox, http_task(x)))
        post_wake(g->sim.post);
    else
        http_answer(x, &(struct http_answer){.status = 503});
}

static void answer_requests(struct engine *g)
{
    for (struct task *t = mailbox_take(g->mailbox, 0), *next; t; t = next) {
        next = t->next;
        rest_answer(g->rest, http_exchange_of_task(t));
    }
}

static bool open_rest(struct engine *g, struct arena *a, struct err *e)
{
    g->rest = rest_create(&g->sim);
    if (!loop_start("rest", &g->loop, e))
        return err_trace(e);

    const struct http_server_options o = {
        .port = (uint16_t)g->sim.o->port,
        .address = STR("127.0.0.1"),
        .loops = &g->loop,
        .n_loops = 1,
        .on_request = on_request,
        .arg = g,
    };
    if (!http_server_start(&o, &g->server, e))
        return err_trace(e);
    g->sim.rest_url = str_fmt(a, "http://127.0.0.1:%d", http_server_port(g->server));
    printf("REST API at " STR_FMT "\n", STR_ARG(g->sim.rest_url));
    (void)fflush(stdout); // whoever waits for the line gets it now
    return true;
}

// --- arrivals ------------------------------------------------------------------------------------

static bool is_complete(const struct engine *g)
{
    return g->sim.o->calls > 0 && g->sim.n_started >= (uint64_t)g->sim.o->calls;
}

/* Around the mean: from half of it to one and a half. */
static usec_t gap(struct engine *g)
{
    const double mean = 60e6 * (double)g->sim.o->burst / g->sim.o->rate;
    return (usec_t)(mean / 2 + (double)rng_below(&g->sim.rng, 1000000) / 1e6 * mean);
}

static void on_next_call(struct event *ev)
{
    struct engine *g = container_of(ev, struct engine, next_call);

    for (int64_t i = 0; i < g->sim.o->burst && !is_complete(g); i++)
        scene_start(&g->sim);
    if (!is_complete(g))
        heap_put(&g->sim.heap, ev, clock_monotonic(g->sim.clock) + gap(g));
}

static void open_house(struct engine *g)
{
    if (g->sim.o->rate <= 0)
        return;
    for (int i = 1; g->sim.o->demo && i < DEMO_OPENING && !is_complete(g); i++)
        scene_start(&g->sim);
    g->next_call.run = on_next_call;
    heap_put(&g->sim.heap, &g->next_call, clock_monotonic(g->sim.clock));
}

// --- progress ------------------------------------------------------------------------------------

static void print_progress(struct engine *g, const char *begin, const char *end)
{
    const struct post_books *b = post_books(g->sim.post);
    const uint64_t calls = g->sim.n_started + g->sim.n_placed;

    (void)fprintf(stderr,
                  "%scalls %llu (%llu now), webhooks %llu: acknowledged %llu, refused %llu, "
                  "unanswered %llu; lost %llu, forged %llu (let in %llu)%s",
                  begin, (unsigned long long)calls, (unsigned long long)g->sim.n_playing,
                  (unsigned long long)b->sent, (unsigned long long)b->acknowledged,
                  (unsigned long long)b->refused, (unsigned long long)b->unanswered,
                  (unsigned long long)b->lost, (unsigned long long)b->forged,
                  (unsigned long long)b->forged_acknowledged, end);
}

/* A line that renews itself on a terminal; elsewhere one every ten seconds. */
static void on_report(struct event *ev)
{
    struct engine *g = container_of(ev, struct engine, next_report);
    const usec_t every = g->to_terminal ? SECONDS(1) : SECONDS(SECONDS_SILENT);

    print_progress(g, g->to_terminal ? "\r" : "", g->to_terminal ? "\033[K" : "\n");
    heap_put(&g->sim.heap, ev, clock_monotonic(g->sim.clock) + every);
}

static void start_reports(struct engine *g)
{
    if (g->sim.o->quiet)
        return;
    g->to_terminal = isatty(STDERR_FILENO);
    g->next_report.run = on_report;
    heap_put(&g->sim.heap, &g->next_report, clock_monotonic(g->sim.clock) + SECONDS(1));
}

// --- the whole -----------------------------------------------------------------------------------

static bool is_asked_to_end(const struct engine *g)
{
    struct signalfd_siginfo one;
    return read(g->signals, &one, sizeof(one)) == (ssize_t)sizeof(one);
}

/* With --stay it says so, once, and goes on. */
static bool is_over(struct engine *g)
{
    if (!is_complete(g) || g->sim.n_playing > 0 || !post_is_idle(g->sim.post))
        return false;
    if (g->sim.o->stay && !g->told_over) {
        puts("All calls are over");
        (void)fflush(stdout);
    }
    g->told_over = true;
    return !g->sim.o->stay;
}

/* True when all has happened that should; false when it was ended before. */
static bool play(struct engine *g)
{
    struct event *ev;

    while (!is_over(g)) {
        const usec_t now = clock_monotonic(g->sim.clock);
        while ((ev = heap_take_due(&g->sim.heap, now)))
            ev->run(ev);
        answer_requests(g);
        if (is_over(g))
            break;
        post_work(g->sim.post,
                  heap_wait(&g->sim.heap, clock_monotonic(g->sim.clock), MILLISECONDS(IDLE_MS)),
                  g->signals);
        if (is_asked_to_end(g))
            return false;
    }
    return true;
}

/* Threads inherit the mask: block first, start afterwards. */
static int signals_open(void)
{
    sigset_t ends;

    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    return signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
}

static bool engine_start(struct engine *g, struct arena *a, struct err *e)
{
    g->signals = signals_open();
    if (g->signals < 0)
        return err_set(e, ERR_UNAVAILABLE, "signalfd: %s", strerror(errno));
    g->mailbox = mailbox_create();
    if (!post_create(&g->sim, &g->sim.post, e))
        return err_trace(e);
    if (!open_rest(g, a, e))
        return err_trace(e);
    start_reports(g);
    open_house(g);
    return true;
}

static void engine_finish(struct engine *g)
{
    if (g->mailbox)
        mailbox_close(g->mailbox);
    if (g->rest)
        answer_requests(g); // those that came before
    if (g->server)
        http_server_stop(g->server);
    if (g->loop)
        loop_stop(g->loop);
    mailbox_destroy(g->mailbox);
    rest_destroy(g->rest);
    if (g->sim.post) {
        scene_destroy_all(&g->sim);
        post_destroy(g->sim.post);
    }
    world_finish(&g->sim.world);
    heap_finish(&g->sim.heap);
    if (g->signals >= 0)
        (void)close(g->signals); // nothing was written
}

static int verdict(const struct engine *g)
{
    const struct post_books *b = post_books(g->sim.post);
    return b->refused == 0 && b->unanswered == 0 && b->forged_acknowledged == 0 ? 0 : 1;
}

static int run(const struct sim_options *o, struct arena *a)
{
    struct engine g = {.sim = {.o = o, .clock = &clock_system}};
    struct err e;
    int status = 2;

    g.sim.rng = rng_seeded((uint64_t)o->seed);
    if (engine_start(&g, a, &e)) {
        const bool complete = play(&g);
        if (!o->quiet)
            print_progress(&g, g.to_terminal ? "\r" : "", g.to_terminal ? "\033[K\n" : "\n");
        status = verdict(&g);
        if (!complete && !g.told_over && o->calls > 0)
            status = 1;
    } else {
        (void)fprintf(stderr, "sandbox: %s\n", e.text);
    }
    engine_finish(&g);
    return status;
}

int twilio_run(char **argv)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct sim_options o;
    struct err e;

    if (!read_options(argv, a, &o, &e)) {
        (void)fprintf(stderr, "sandbox: %s\nTry: sandbox twilio --help\n", e.text);
        return 2;
    }
    if (o.help) {
        puts("sandbox twilio [option]...\n\nPlays Twilio: calls, their webhooks, the REST API.\n");
        options_print(options, LEN(options), stdout);
        return 0;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    xmlInitParser();
    const int status = run(&o, a);
    curl_global_cleanup();
    xmlCleanupParser();
    return status;
}
