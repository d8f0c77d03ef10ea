/* PostgreSQL, the production engine. */
#include "store/internal.h"

static bool open_store(const struct store_options *o, struct store **ret, struct err *e)
{
    (void)o, (void)ret;
    return err_set(e, ERR_UNSUPPORTED, "DATABASE_URL: this build has only SQLite");
}

const struct engine engine_postgres = {.open = open_store};
