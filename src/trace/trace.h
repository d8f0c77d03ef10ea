#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H
/*
 * Traces for an OpenTelemetry collector: what was done for one event or request, by which room, for
 * how long.
 *
 * A trace has the name that the event has everywhere (trace_id): a ULID is 16 bytes, and so is the
 * id of a W3C trace. Nothing else travels with the event: the id of the first span is the second
 * half of the trace's, so each room and each node knows by itself below what its own span belongs.
 *
 * Spans wait in a bounded queue for a thread of their own; when the collector is slow or away, the
 * newest are dropped and counted. Without a tracer (NULL), which is the default, noting a span is a
 * branch. No text of a span comes from outside: names and attributes are those of our own tables.
 */
#include "base/clock.h"

#include "base/err.h"

struct tracer;

enum span_kind { SPAN_INTERNAL = 1, SPAN_SERVER, SPAN_CLIENT, SPAN_PRODUCER, SPAN_CONSUMER };

enum { SPAN_FACTS = 4 };

/* text: of a table of ours, as it is kept without a copy; none: it is a number. */
struct span_fact {
    const char *key; /* NULL: none, and none behind it */
    struct str text;
    int64_t number;
};

/* What has just ended. */
struct span {
    struct str trace; /* as it is written everywhere; one that is no ULID is not told */
    const char *name; /* "worker.apply"; kept without a copy, like the next */
    struct str of;    /* or none; written behind the name: "POST" "/webhooks/…" */
    enum span_kind kind;
    bool is_first; /* of its trace: the others stand below it */
    bool failed;
    usec_t took;
    struct span_fact facts[SPAN_FACTS];
};

/* From any thread; never waits. t NULL: does nothing. */
void tracer_take(struct tracer *t, const struct span *s);
static inline void tracer_note(struct tracer *t, const struct span *s)
{
    if (t)
        tracer_take(t, s);
}

struct tracer_options {
    const struct clock *clock;
    struct str endpoint; /* http://collector:4318; /v1/traces is added */
    struct str headers; /* name=value,name=value, as OTEL_EXPORTER_OTLP_HEADERS has them; or none */
    struct str service;
    struct str sampler, share; /* as OTEL_TRACES_SAMPLER and its _ARG have them */
};

/* Fails when one of the texts cannot be read; a collector that is away is no failure. */
bool tracer_start(const struct tracer_options *o, struct tracer **ret, struct err *e) CHECK_RESULT;
/* After all that note spans; what waits is sent if that takes no longer than a second. Accepts
 * NULL. */
void tracer_stop(struct tracer *t);

struct tracer_stats {
    uint64_t exported, dropped;
};
/* t may be NULL. */
void tracer_stats(const struct tracer *t, struct tracer_stats *ret);

#endif
