/* Calls to look at, where the server stands beside the sandbox; never anywhere else. */
#include "providers/provider.h"

#include "api/request.h"

static bool play(struct req *rq, struct err *e)
{
    const struct provider_account *account = rq->app->demo;
    const struct provider *p = account ? provider_find(account->provider) : NULL;

    if (!p || !p->demo) {
        err_set(e, ERR_CONFLICT, "this installation makes no demo calls");
        return err_fix(e, "run `make demo`: that is one of its own, which does");
    }
    if (!p->demo(account, rq->a, e))
        return err_trace(e);
    reply_empty(rq, 204, NULL, 0);
    return true;
}

static const struct route routes[] = {
    {HTTP_POST, "/api/demo/calls", play, SIGNED_IN},
};

const struct resource api_demo = {"demo", routes, LEN(routes)};
