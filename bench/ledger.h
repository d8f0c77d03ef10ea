#ifndef BENCH_LEDGER_H
#define BENCH_LEDGER_H
/*
 * What is known of every event that was sent: when it should have been sent, and whether the
 * server acknowledged it. The senders write, the viewers read the time, the auditor gets the rest.
 */
#include <stdbool.h>
#include <stdint.h>

struct payload;

struct ledger_entry {
    int64_t intended; /* 0: never sent */
    bool acked;
};

struct ledger {
    struct ledger_entry *entries;
    uint64_t n, capacity;
};

/* The entry of event n, which is made when it is new. Valid until the next call. */
struct ledger_entry *ledger_at(struct ledger *l, uint64_t n);
/* Writes one line "CallSid sequence-number" for every acknowledged event. */
void ledger_write_acks(const struct ledger *l, const struct payload *p, const char *path);
void ledger_finish(struct ledger *l);

#endif
