#include "ledger.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "die.h"
#include "payload.h"

struct ledger_entry *ledger_at(struct ledger *l, uint64_t n)
{
    if (n >= l->capacity) {
        const uint64_t capacity = (n + 1) * 2 > 1 << 16 ? (n + 1) * 2 : 1 << 16;

        l->entries = realloc(l->entries, capacity * sizeof *l->entries);
        if (!l->entries)
            die("out of memory");
        memset(l->entries + l->capacity, 0, (capacity - l->capacity) * sizeof *l->entries);
        l->capacity = capacity;
    }
    l->n = n >= l->n ? n + 1 : l->n;
    return &l->entries[n];
}

void ledger_write_acks(const struct ledger *l, const struct payload *p, const char *path)
{
    FILE *f = fopen(path, "we");

    if (!f)
        die_errno(path);
    for (uint64_t i = 0; i < l->n; i++) {
        char sid[35];
        unsigned step;

        if (!l->entries[i].acked)
            continue;
        payload_identity(p, i, sid, &step);
        fprintf(f, "%s %u\n", sid, step);
    }
    if (fclose(f) != 0)
        die_errno(path);
}

void ledger_finish(struct ledger *l)
{
    free(l->entries);
}
