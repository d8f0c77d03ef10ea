/* One connection that listens, and between two waits tells. */
#include "wake/bus.h"

#include <stdlib.h>

#include "base/arena.h"

struct postgres_bus {
    struct wake_bus_options o;
    struct db *db;
};

static bool open_bus(const struct wake_bus_options *o, void **ret, struct err *e)
{
    struct postgres_bus *b = NEW(struct postgres_bus);

    (void)e; // connects at the first wait
    *b = (struct postgres_bus){*o, store_connect(o->store, STORE_WORK)};
    *ret = b;
    return true;
}

static bool wait_for_hints(void *bus, int fd, usec_t wait, struct err *e)
{
    struct postgres_bus *b = bus;
    const struct db_ears ears = {.fd = fd, .wait = wait, .on_hint = b->o.on_hint, .arg = b->o.arg};

    return db_hear(b->db, &ears, e) || err_trace(e);
}

/* NOTIFY makes its transaction one that writes: without the wait for the disk. */
static bool tell(void *bus, struct str hint, struct err *e)
{
    struct postgres_bus *b = bus;

    return (db_begin_light(b->db, e) &&
            db_end(b->db, db_exec(b->db, Q_NODES_TELL, BINDS(bind_str("hint", hint)), NULL, e),
                   e)) ||
           err_trace(e);
}

static void close_bus(void *bus)
{
    struct postgres_bus *b = bus;

    db_close(b->db);
    free(b);
}

const struct wake_bus wake_bus_postgres = {open_bus, wait_for_hints, tell, close_bus};
