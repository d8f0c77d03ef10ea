#ifndef TENANCY_OFFICE_H
#define TENANCY_OFFICE_H
/* With what the work of this room is done. */
#include "base/clock.h"
#include "store/store.h"

struct office {
    struct db *db;
    struct rng *rng; /* NULL where nothing random is made */
    usec_t now;
};

/* For one call. */
#define OFFICE(db, rng, now) (&(const struct office){(db), (rng), (now)})

/* A page of a list that is ordered by a key: what lies behind `from`, `limit` of it at most. */
struct list_page {
    int64_t from, limit;
};

#endif
