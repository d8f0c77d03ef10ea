#include "providers/twilio/demo.h"

#include "http/fetch.h"

enum { ANSWER_MAX = 64 * 1024 };

#define CONNECT_TIMEOUT SECONDS(2)
#define TOTAL_TIMEOUT SECONDS(5)

bool twilio_demo(const struct provider_account *account, struct arena *a, struct err *e)
{
    _cleanup_(buf_finish) struct buf answer = {.max = ANSWER_MAX};
    const struct http_fetch f = {
        .peer = "the sandbox",
        .url = str_fmt(a, STR_FMT "/sandbox/" STR_FMT "/Calls.json", STR_ARG(account->base_url),
                       STR_ARG(account->account)),
        .post = true,
        .user = account->account,
        .password = account->secret,
        .connect_timeout = CONNECT_TIMEOUT,
        .total_timeout = TOTAL_TIMEOUT,
    };
    struct http_fetched got;

    if (!http_fetch(&f, a, &answer, &got, e))
        return err_trace(e);
    if (got.status != 201)
        return err_set(e, ERR_UPSTREAM, "the sandbox answered %d instead of calls", got.status);
    return true;
}
