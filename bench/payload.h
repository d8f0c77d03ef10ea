#ifndef BENCH_PAYLOAD_H
#define BENCH_PAYLOAD_H
/*
 * What is sent: event number n, as a whole HTTP request.
 *
 * Events are grouped into calls of four steps (initiated, ringing, in-progress, completed). The
 * calls of a block of PAYLOAD_BLOCK advance together, so that the steps of one call are
 * PAYLOAD_BLOCK events apart and are not sent side by side on two connections. Odd calls are the
 * children of the even call before them. No two events of a run, and no two runs, are alike:
 * nothing deduplicates.
 *
 *   PAYLOAD_TWILIO   TW-S: a signed, form-encoded voice status callback of 24 fields, 620 ± 60 B
 *   PAYLOAD_JSON     the frame that a viewer would get for that event, to publish it directly
 *
 * A request is stamped from one of a few templates: copy, then fill the holes. Signatures are
 * computed before the run (payload_sign), because the generator must stay far ahead of the server.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAYLOAD_STEPS = 4, PAYLOAD_BLOCK = 256, PAYLOAD_MAX = 2048 };
enum payload_kind { PAYLOAD_TWILIO, PAYLOAD_JSON };

struct payload;

struct payload_options {
    enum payload_kind kind;
    const char *host;     /* "127.0.0.1:3000" */
    const char *path;     /* "/webhooks/twilio/voice-status" */
    const char *base_url; /* what the signature is computed for, without the path */
    const char *token;    /* the account's auth token */
    const char *account;  /* AccountSid */
    uint64_t run;         /* distinguishes the calls of this run from all others */
    bool single;          /* no parents and children */
    uint64_t phones;      /* so many numbers call, one after the other */
    unsigned body_size;   /* PAYLOAD_JSON: pad the body to so many bytes; 0: as it is */
};

struct payload *payload_create(const struct payload_options *o);
/* Signs the first n events ahead of time. Later ones are signed when they are asked for. */
void payload_sign(struct payload *p, uint64_t n);
/* Writes the request of event n; returns its length, at most PAYLOAD_MAX. */
size_t payload_request(const struct payload *p, uint64_t n, char *out);
/* The bytes of one body, for the report. */
size_t payload_body_size(const struct payload *p);
/* Finds the event that a frame of text speaks of; false when it is none of this run's. */
bool payload_event_in(const struct payload *p, const char *text, size_t size, uint64_t *ret_n);
/* "CA…" and the sequence number: what identifies event n in the store. */
void payload_identity(const struct payload *p, uint64_t n, char ret_sid[35], unsigned *ret_step);
void payload_destroy(struct payload *p);

#endif
