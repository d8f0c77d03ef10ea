/*
 * Any answers of the REST API to who checks an account: only its own place is asked, and every
 * finding is about this account and of a known kind.
 *
 * Input: the answers, one a line, of status 200; one that is empty is a refusal. Nothing is asked
 * over a network: the fetch is this file's own.
 */
#include "providers/twilio/check.h"

#include "base/arena.h"
#include "http/fetch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str answers;

bool http_fetch(const struct http_fetch *f, struct arena *a, struct buf *body,
                struct http_fetched *ret, struct err *e)
{
    struct str line;

    (void)a;
    assert(str_starts(f->url, STR("https://api.example/2010-04-01/Accounts/")));
    if (!cut_field(&answers, '\n', &line))
        return err_set(e, ERR_UNAVAILABLE, "nobody answers");
    *ret = (struct http_fetched){.status = str_is_empty(line) ? 404 : 200};
    buf_str(body, line);
    return true;
}

static void check_findings(const struct findings *all)
{
    assert(all->n > 0 && all->n <= FINDINGS_MAX);
    for (size_t i = 0; i < all->n; i++) {
        assert(all->p[i].code < FINDING_CODE_COUNT);
        assert(str_eq(all->p[i].account, STR("AC1")));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    static struct str owned = {"+15085140320", 12};
    static const struct provider_account account = {
        .provider = {"twilio", 6}, .account = {"AC1", 3}, .base_url = {"https://api.example", 19}};
    static const struct call_rules rules = {.region = {"US", 2}, .owned = &owned, .n_owned = 1};
    const struct provider_check in = {
        .account = &account, .our_url = STR("https://us.example"), .rules = &rules};
    struct findings all = {0};

    answers = (struct str){(const char *)data, size};
    twilio_check(&in, a, &all);
    check_findings(&all);
    return 0;
}
