/*
 * bench-load: the load generator of `make bench`. One thread, one core, one purpose at a time:
 *
 *   bench-load send  …   requests on keep-alive connections, closed or open loop, with viewers
 *   bench-load probe …   the price of one append + fdatasync
 *   bench-load sink  …   the null server that proves the generator
 *
 * Options are written name=value; the table below lists them. What happens is printed as one line
 * of JSON per moment: ready, counted (the window begins), stop (it ended), end (with the results).
 * The harness samples the server's CPU time at `counted` and `stop`.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "die.h"
#include "ledger.h"
#include "net.h"
#include "payload.h"
#include "probe.h"
#include "senders.h"
#include "sink.h"
#include "viewers.h"

struct options {
    double port;
    double connections; /* 0: only viewers */
    double rate;        /* events per second; 0: closed loop */
    double count;       /* stop after so many; 0: after the window */
    double warmup, seconds;
    double drain;   /* how long to wait for answers and deliveries after the window */
    double presign; /* events signed before the start */
    double viewers;
    double run;
    double single;
    double phones;
    double body_size;
    const char *get;         /* send GET of this path instead of events */
    const char *path;        /* where events are posted */
    const char *kind;        /* twilio, json */
    const char *stream_path; /* what viewers ask for */
    const char *bearer;
    const char *base_url;
    const char *token;
    const char *account;
    const char *acks; /* file for the auditor */
    const char *dir;  /* where the probe writes */
};

static const struct {
    const char *name;
    size_t at;
    bool is_text;
} option_table[] = {
#define NUMBER(name)                                                                               \
    {                                                                                              \
#name, offsetof(struct options, name), false                                               \
    }
#define TEXT(name)                                                                                 \
    {                                                                                              \
#name, offsetof(struct options, name), true                                                \
    }
    NUMBER(port),    NUMBER(connections), NUMBER(rate),      NUMBER(count),   NUMBER(warmup),
    NUMBER(seconds), NUMBER(drain),       NUMBER(presign),   NUMBER(viewers), NUMBER(run),
    NUMBER(single),  NUMBER(phones),      NUMBER(body_size), TEXT(get),       TEXT(path),
    TEXT(kind),      TEXT(stream_path),   TEXT(bearer),      TEXT(base_url),  TEXT(token),
    TEXT(account),   TEXT(acks),          TEXT(dir),
#undef NUMBER
#undef TEXT
};

static void read_option(struct options *o, const char *text)
{
    const char *value = strchr(text, '=');
    char *end;

    for (size_t i = 0; value && i < sizeof option_table / sizeof option_table[0]; i++) {
        const size_t n = strlen(option_table[i].name);
        void *at = (char *)o + option_table[i].at;

        if ((size_t)(value - text) != n || strncmp(text, option_table[i].name, n) != 0)
            continue;
        if (option_table[i].is_text) {
            *(const char **)at = value + 1;
            return;
        }
        *(double *)at = strtod(value + 1, &end);
        if (end != value + 1 && *end == '\0')
            return;
    }
    die("%s: not an option", text);
}

static void say(const char *moment)
{
    printf("{\"at\":\"%s\"}\n", moment);
    fflush(stdout);
}

// --- send ----------------------------------------------------------------------------------------

struct load {
    const struct options *o;
    char host[32];
    char request[1024];
    char stream_request[1024];
    int loop;
    struct payload *payload;
    struct ledger ledger;
    struct senders *senders;
    struct viewers *viewers;
    int64_t began, ended;
};

static void payload_open(struct load *l)
{
    const struct options *o = l->o;

    l->payload = payload_create(&(struct payload_options){
        .kind = strcmp(o->kind, "json") == 0 ? PAYLOAD_JSON : PAYLOAD_TWILIO,
        .host = l->host,
        .path = o->path,
        .base_url = o->base_url,
        .token = o->token,
        .account = o->account,
        .run = (uint64_t)o->run,
        .single = o->single != 0,
        .phones = (uint64_t)o->phones,
        .body_size = (unsigned)o->body_size,
    });
    payload_sign(l->payload, (uint64_t)o->presign);
}

static void requests_write(struct load *l)
{
    const struct options *o = l->o;

    snprintf(l->host, sizeof l->host, "127.0.0.1:%u", (unsigned)o->port);
    snprintf(l->request, sizeof l->request,
             "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: */*\r\nUser-Agent: bench-load\r\n%s%s%s\r\n",
             o->get ? o->get : "/", l->host, *o->bearer ? "Authorization: Bearer " : "", o->bearer,
             *o->bearer ? "\r\n" : "");
    snprintf(l->stream_request, sizeof l->stream_request,
             "GET %s HTTP/1.1\r\nHost: %s\r\nAccept: text/event-stream\r\n"
             "Authorization: Bearer %s\r\n\r\n",
             o->stream_path, l->host, o->bearer);
}

static void connect_all(struct load *l)
{
    const struct options *o = l->o;

    l->loop = net_loop();
    l->viewers = viewers_create(&(struct viewers_options){.loop = l->loop,
                                                          .port = (uint16_t)o->port,
                                                          .connections = (unsigned)o->viewers,
                                                          .request = l->stream_request,
                                                          .payload = l->payload,
                                                          .ledger = &l->ledger});
    while (!viewers_are_open(l->viewers))
        net_turn(l->loop, now_ns() + SECOND_NS);
    l->senders = senders_create(&(struct senders_options){.loop = l->loop,
                                                          .port = (uint16_t)o->port,
                                                          .connections = (unsigned)o->connections,
                                                          .rate = o->rate,
                                                          .count = (uint64_t)o->count,
                                                          .body = o->get ? NULL : l->payload,
                                                          .request = l->request,
                                                          .ledger = &l->ledger});
}

/* Turns the loop until a moment, or until everything that was to be sent is answered. */
static void turn_until(struct load *l, int64_t end)
{
    int64_t now;

    while ((now = now_ns()) < end) {
        const int64_t due = senders_send_due(l->senders, now);

        if (l->o->count > 0 && senders_are_done(l->senders))
            return;
        net_turn(l->loop, due < end ? due : end);
    }
}

static bool is_quiet(const struct load *l)
{
    return senders_are_done(l->senders) && (l->o->viewers == 0 || viewers_are_done(l->viewers));
}

static void drain(struct load *l)
{
    const int64_t end = now_ns() + (int64_t)(l->o->drain * 1e9);

    while (!is_quiet(l) && now_ns() < end)
        net_turn(l->loop, now_ns() + SECOND_NS / 50);
    viewers_count_missing(l->viewers, now_ns());
}

static void print_results(const struct load *l)
{
    const struct senders_stats *s = senders_stats(l->senders);
    const struct viewers_stats *v = viewers_stats(l->viewers);

    printf("{\"at\":\"end\",\"seconds\":%.4f,\"sent\":%llu,\"acked\":%llu,\"refused\":%llu,"
           "\"broken\":%llu,\"counted\":%llu,\"answered\":%llu,\"body_bytes\":%zu,\"latency\":",
           (double)(l->ended - l->began) / 1e9, (unsigned long long)s->sent,
           (unsigned long long)s->acked, (unsigned long long)s->refused,
           (unsigned long long)s->broken, (unsigned long long)s->counted,
           (unsigned long long)s->answered, payload_body_size(l->payload));
    histogram_print(&s->latency);
    printf(",\"viewers\":{\"open\":%u,\"lost\":%llu,\"frames\":%llu,\"bytes\":%llu,"
           "\"delivered\":%llu,\"repeated\":%llu,\"missing\":%llu,\"latency\":",
           v->open, (unsigned long long)v->lost, (unsigned long long)v->frames,
           (unsigned long long)v->bytes, (unsigned long long)v->delivered,
           (unsigned long long)v->repeated, (unsigned long long)v->missing);
    histogram_print(&v->latency);
    puts("}}");
}

static void run_send(const struct options *o)
{
    struct load l = {.o = o};
    int64_t start;

    requests_write(&l);
    payload_open(&l);
    connect_all(&l);
    say("ready");

    start = now_ns();
    l.began = start + (int64_t)(o->warmup * 1e9);
    l.ended = l.began + (int64_t)(o->seconds * 1e9);
    viewers_start(l.viewers, l.began, l.ended);
    senders_start(l.senders, start, l.began, l.ended);
    turn_until(&l, l.began);
    say("counted");
    turn_until(&l, l.ended);
    if (o->count > 0)
        l.ended = now_ns();
    say("stop");
    senders_stop(l.senders);
    drain(&l);

    print_results(&l);
    if (o->acks)
        ledger_write_acks(&l.ledger, l.payload, o->acks);
    senders_destroy(l.senders);
    viewers_destroy(l.viewers);
    payload_destroy(l.payload);
    ledger_finish(&l.ledger);
}

// --- sink ----------------------------------------------------------------------------------------

/* The frame that this run's first event would cause, so that the viewers have to look into it. */
static void run_sink(const struct options *o)
{
    char frame[512];

    snprintf(frame, sizeof frame,
             "id: 1\nevent: call.created\ndata: {\"event\":\"call.created\",\"data\":{\"callSid\":"
             "\"CA%016llx0000000000000000\",\"status\":\"initiated\",\"direction\":\"inbound\","
             "\"from\":\"+14155550000\",\"to\":\"+12025550143\",\"duration\":null,"
             "\"timestamp\":\"2027-03-12T16:28:52Z\"}}\n\n",
             (unsigned long long)o->run);
    sink_run((uint16_t)o->port, frame, o->seconds);
}

int main(int argc, char **argv)
{
    struct options o = {.connections = 64,
                        .warmup = 2,
                        .seconds = 4,
                        .drain = 5,
                        .count = 0,
                        .phones = 9973,
                        .path = "/webhooks/twilio/voice-status",
                        .kind = "twilio",
                        .stream_path = "/events/calls",
                        .bearer = "",
                        .base_url = "",
                        .token = "",
                        .account = "AC00112233445566778899aabbccddeeff",
                        .dir = "."};

    if (argc < 2)
        die("say send, probe or sink");
    for (int i = 2; i < argc; i++)
        read_option(&o, argv[i]);
    if (strcmp(argv[1], "send") == 0)
        run_send(&o);
    else if (strcmp(argv[1], "probe") == 0)
        probe_run(o.dir, o.count > 0 ? (unsigned)o.count : 2000);
    else if (strcmp(argv[1], "sink") == 0)
        run_sink(&o);
    else
        die("%s: say send, probe or sink", argv[1]);
    return 0;
}
