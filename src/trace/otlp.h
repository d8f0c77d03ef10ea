#ifndef TRACE_OTLP_H
#define TRACE_OTLP_H
/*
 * What OpenTelemetry prescribes: how spans are written (OTLP in protocol buffers), which traces
 * are told of, and how header fields stand in a variable. https://opentelemetry.io/docs/specs/otlp/
 */
#include "base/buf.h"
#include "http/http.h"
#include "trace/trace.h"

/* A span as it waits for the collector. */
struct otlp_span {
    unsigned char trace[ID_BYTES];
    uint64_t id, parent; /* 0: none */
    usec_t end;          /* wall */
    struct span span;    /* its trace is not looked at */
};

/* The id of the first span of a trace. */
uint64_t otlp_first_id(const unsigned char trace[ID_BYTES]);

/* The body of a POST to /v1/traces: an ExportTraceServiceRequest. Texts are UTF-8. */
void otlp_write(struct buf *out, struct str service, const struct otlp_span *const *spans,
                size_t n);

/* A sampler's name and argument as a share of all traces, 0 … OTLP_ALL. A parent never comes from
 * outside, so that parentbased_x is x. False: there is no such sampler, or no such share. */
#define OTLP_ALL ((uint64_t)1 << 63)
bool otlp_share_parse(struct str sampler, struct str arg, uint64_t *ret) CHECK_RESULT;
/* Each node answers the same for a trace. */
bool otlp_is_sampled(const unsigned char trace[ID_BYTES], uint64_t share);

/* "name=value,name=value", values percent-encoded; text in the arena. */
bool otlp_headers_parse(struct str text, struct arena *a, struct http_header **ret,
                        size_t *ret_n) CHECK_RESULT;

#endif
