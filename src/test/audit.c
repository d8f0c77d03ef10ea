#include "test/audit.h"

#include <stdio.h>
#include <stdlib.h>

#include "ops/verify.h"
#include "ops/verify_acks.h"

struct audit_notes {
    FILE *out;
    char *text; /* of n bytes, up to date after fflush */
    size_t n;
};

static void notes_end(void *arg)
{
    struct audit_notes *n = arg;

    (void)fclose(n->out);
    free(n->text);
}

struct audit_notes *audit_notes_create(struct arena *a)
{
    struct audit_notes *n = arena_new(a, struct audit_notes, 1);

    n->out = open_memstream(&n->text, &n->n);
    if (!n->out)
        mem_exhausted();
    arena_defer(a, notes_end, n);
    return n;
}

void audit_acked(struct audit_notes *n, int64_t project, struct str dedupe_key)
{
    (void)fprintf(n->out, "ack %lld " STR_FMT "\n", (long long)project, STR_ARG(dedupe_key));
}

static void note_client(struct audit_notes *n, const char *word, int64_t project, struct str client)
{
    assert_int_equal(str_find(client, ' '), client.n);
    (void)fprintf(n->out, "%s %lld " STR_FMT, word, (long long)project, STR_ARG(client));
}

void audit_follows(struct audit_notes *n, int64_t project, struct str client, struct str epoch,
                   int64_t seq)
{
    note_client(n, "from", project, client);
    (void)fprintf(n->out, " " STR_FMT " %lld\n", STR_ARG(epoch), (long long)seq);
}

void audit_saw(struct audit_notes *n, int64_t project, struct str client, struct str epoch,
               int64_t seq)
{
    note_client(n, "saw", project, client);
    (void)fprintf(n->out, " " STR_FMT " %lld\n", STR_ARG(epoch), (long long)seq);
}

void audit_caught_up(struct audit_notes *n, int64_t project, struct str client)
{
    note_client(n, "end", project, client);
    (void)fputc('\n', n->out);
}

// --- the audit -----------------------------------------------------------------------------------

struct first {
    struct arena *a;
    struct str finding;
};

static void on_finding(struct str what, void *arg)
{
    struct first *first = arg;

    if (str_is_none(first->finding))
        first->finding = str_dup(what, first->a);
}

static bool hold_against_notes(struct db *db, const struct audit_notes *notes, struct first *first,
                               struct err *e)
{
    (void)fflush(notes->out);
    if (notes->n == 0)
        return true;
    FILE *in = fmemopen(notes->text, notes->n, "r");
    if (!in)
        mem_exhausted();
    struct verify_acks v = {.log = in, .on_finding = on_finding, .arg = first};
    const bool ok = verify_acks(db, &v, e);
    (void)fclose(in);
    return ok || err_trace(e);
}

struct str audit_db(struct db *db, const struct audit_notes *notes, struct arena *a)
{
    struct first first = {.a = a, .finding = STR_NONE};
    struct verify_result result;
    struct err e = {0};

    if ((notes && !hold_against_notes(db, notes, &first, &e)) ||
        !verify_all(db, on_finding, &first, &result, &e))
        return str_fmt(a, "the store cannot be audited: %s", e.text);
    return first.finding;
}

struct str audit_store(struct store *store, const struct audit_notes *notes, struct arena *a)
{
    struct db *db = store_connect(store, STORE_READ);
    const struct str finding = audit_db(db, notes, a);

    db_close(db);
    return finding;
}

void test_sound(struct str finding, const char *file, int line)
{
    if (str_is_none(finding))
        return;
    print_error("the auditor found: " STR_FMT "\n", STR_ARG(finding));
    _fail(file, line);
}
