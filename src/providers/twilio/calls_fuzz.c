/*
 * Any answer at all of the REST API: it is refused, or its changes can be settled, applied and read
 * back from the log. Told once more it is no news, and its next page is this account's own.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "calls/apply.h"
#include "calls/fold.h"
#include "providers/twilio/calls.h"

enum { TEXT_MAX = 1 << 20 };

#define NOW SECONDS(1804954500)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void check(bool holds)
{
    if (!holds)
        abort();
}

/* Through the log, as it is kept. */
static struct call_change kept(const struct call_change *c, struct arena *a)
{
    struct call_change back;
    struct err e = {0};
    struct buf text;

    buf_init(&text, TEXT_MAX);
    call_change_json(&text, c);
    check(buf_ok(&text) && call_change_parse(str_dup(buf_view(&text), a), a, &back, &e));
    buf_finish(&text);
    return back;
}

static void tell(const struct reconcile_found *found, struct arena *a)
{
    static const struct call_rules rules = {.region = STR("US")};
    struct call_change c = found->change;
    struct call once, twice;
    struct call_effect effect;
    struct err e = {0};

    c.source = CALL_SOURCE_RECONCILE_COLD;
    check(json_check(found->raw, &e));
    if (!call_change_settle(&c, &rules, a, &e))
        return; // a sid that cannot be one
    const struct call before = call_unknown(1, STR("twilio"), c.call_sid);
    const struct call_change logged = kept(&c, a);
    call_apply(&before, &logged, a, &once, &effect);
    call_apply(&once, &logged, a, &twice, &effect);
    check(!effect.changed);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct provider_account account = {.account = STR("AC1")};
    const struct str body = {(const char *)data, n};
    struct arena *a = arena_create(0);
    struct reconcile_found found;
    struct reconcile_page page;
    struct err e = {0};

    if (twilio_calls.read_call(body, NOW, a, &found, &e))
        tell(&found, a);
    err_clear(&e);
    if (twilio_calls.read_list(&account, body, NOW, a, &page, &e)) {
        for (size_t i = 0; i < page.n; i++)
            tell(&page.found[i], a);
        check(str_is_none(page.next) || str_starts(page.next, STR("/2010-04-01/Accounts/AC1/")));
    }
    arena_destroy(a);
    return 0;
}
