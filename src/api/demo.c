/* Calls to look at, where the server stands beside the sandbox; never anywhere else. */
#include "providers/account_book.h"

#include "api/request.h"

static bool play(struct req *rq, struct err *e)
{
    _cleanup_(account_book_dropp) struct account_book *book = account_shelf_take(rq->app->accounts);
    const struct provider_account *account = NULL;
    const struct provider *p = NULL;

    for (size_t i = 0; rq->app->demo_calls && i < n_providers && !account; i++)
        if (providers[i]->demo) {
            p = providers[i];
            account = account_book_find(book, rq->actor.project, str_from(p->name));
        }
    if (!account) {
        err_set(e, ERR_CONFLICT, "this installation makes no demo calls");
        return err_fix(e, "run `make demo`: that is one of its own, which does");
    }
    if (!p->demo(account, rq->a, e))
        return err_trace(e);
    reply_empty(rq, 204, NULL, 0);
    return true;
}

static const struct route routes[] = {
    {HTTP_POST, "/api/demo/calls", play, NEEDS(SETTINGS_MANAGE)},
};

const struct resource api_demo = {"demo", routes, LEN(routes)};
