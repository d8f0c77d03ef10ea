#include "store/postgres/failure.h"

#include "store/postgres/connection.h"

enum failure_kind {
    FAILURE_LINK,     /* the connection is of no use any more */
    FAILURE_SERVER,   /* the server cannot now; trying later may work */
    FAILURE_CONFLICT, /* with others at the same time */
    FAILURE_RULE,     /* a constraint */
    FAILURE_VALUE,    /* a value that it does not take */
    FAILURE_OTHER
};

static const struct {
    const char *state; /* first characters of the SQLSTATE; the first match counts */
    enum failure_kind kind;
} failures[] = {
    {"08", FAILURE_LINK},      {"57P", FAILURE_LINK},
    {"25P03", FAILURE_LINK},   // idle in transaction for too long
    {"25006", FAILURE_LINK},   // has become a standby
    {"0A000", FAILURE_LINK},   // a cached plan no longer fits the tables
    {"26000", FAILURE_LINK},   // a prepared statement that somebody dropped
    {"57014", FAILURE_SERVER}, // statement_timeout
    {"53", FAILURE_SERVER},    {"58", FAILURE_SERVER},
    {"40", FAILURE_CONFLICT},  {"55P03", FAILURE_CONFLICT},
    {"23", FAILURE_RULE},      {"22", FAILURE_VALUE},
    {"", FAILURE_OTHER},
};

static enum failure_kind failure_kind(const char *state)
{
    size_t i = 0;

    if (!state)
        return FAILURE_LINK;
    while (!str_starts(str_from(state), str_from(failures[i].state)))
        i++;
    return failures[i].kind;
}

/* The server's sentence up to the value that it quotes: values may be personal. */
static struct str sentence_of(const PGresult *result)
{
    struct str text = str_from(PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));

    for (size_t i = 0; i + 2 < text.n; i++)
        if (memcmp(text.p + i, ": \"", 3) == 0)
            return str_sub(text, 0, i);
    return str_is_none(text) ? STR("the connection was lost") : text;
}

bool failure_set(struct db *db, const PGresult *result, const char *doing, struct err *e)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const struct str why = sentence_of(result);

    switch (failure_kind(state)) {
    case FAILURE_LINK:
        db->lost = true;
        err_set(e, ERR_UNAVAILABLE, "PostgreSQL: %s: " STR_FMT, doing, STR_ARG(why));
        link_close(&postgres_of(db)->link);
        return false;
    case FAILURE_SERVER:
        db->lost = true;
        return err_set(e, ERR_UNAVAILABLE, "PostgreSQL: %s: " STR_FMT, doing, STR_ARG(why));
    case FAILURE_CONFLICT:
        db->conflicted = true;
        return err_set(e, ERR_UNAVAILABLE, "PostgreSQL: %s: " STR_FMT, doing, STR_ARG(why));
    case FAILURE_RULE:
        return err_set(e, ERR_CONFLICT, "%s: " STR_FMT, doing, STR_ARG(why));
    case FAILURE_VALUE:
        return err_set(e, ERR_INVALID, "%s: " STR_FMT, doing, STR_ARG(why));
    case FAILURE_OTHER:
        break;
    }
    return err_set(e, ERR_INTERNAL, "PostgreSQL: %s: " STR_FMT " (%s)", doing, STR_ARG(why), state);
}

bool failure_of_link(struct db *db, struct err *e)
{
    db->lost = true;
    return err_trace(e);
}
