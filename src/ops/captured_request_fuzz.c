/*
 * Any bytes as a captured request: refused with a remedy, or a request that is read the same when
 * it is written anew, with either end of line. No door takes it, as nobody has signed it, and what
 * is said of that gives no secret away.
 */
#include "ops/captured_request.h"

#include "base/arena.h"
#include "base/buf.h"
#include "inbox/explain.h"
#include "providers/provider.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TOKEN "the-token-of-nobody-who-signs"

static struct str written(const struct http_request *rq, const char *end, struct arena *a)
{
    struct buf out;

    buf_init(&out, 1024 * 1024);
    buf_fmt(&out, STR_FMT " " STR_FMT " HTTP/1.%d%s", STR_ARG(http_method_name(rq->method)),
            STR_ARG(rq->target), rq->is_http_1_0 ? 0 : 1, end);
    for (size_t i = 0; i < rq->n_headers; i++)
        buf_fmt(&out, STR_FMT ": " STR_FMT "%s", STR_ARG(rq->headers[i].name),
                STR_ARG(rq->headers[i].value), end);
    buf_str(&out, str_from(end));
    buf_str(&out, rq->body);
    assert(buf_ok(&out));
    const struct str text = str_dup(buf_view(&out), a);
    buf_finish(&out);
    return text;
}

static void expect_same(const struct http_request *x, const struct http_request *y)
{
    assert(x->method == y->method && str_eq(x->target, y->target) && str_eq(x->path, y->path) &&
           str_eq(x->query, y->query) && str_eq(x->body, y->body) && x->n_headers == y->n_headers);
    for (size_t i = 0; i < x->n_headers; i++)
        assert(str_eq(x->headers[i].name, y->headers[i].name) &&
               str_eq(x->headers[i].value, y->headers[i].value));
}

static void read_anew(const struct http_request *rq, int64_t announced, struct arena *a)
{
    static const char *const ends[] = {"\r\n", "\n"};
    struct http_request again;
    struct err e = {0};
    int64_t said;

    for (size_t i = 0; i < LEN(ends); i++) {
        assert(captured_request_parse(written(rq, ends[i], a), a, &again, &said, &e));
        assert(said == announced);
        expect_same(rq, &again);
    }
}

static void knock(const struct http_request *rq, int64_t announced, struct arena *a)
{
    _cleanup_(secret_destroyp) struct secret *token = secret_create(STR(TOKEN));
    const struct door_account account = {
        .provider = STR("twilio"), .account = STR("AC1"), .project = 1, .secrets = {token}};
    const struct door *doors[PROVIDER_DOORS_MAX];
    const struct door_case c = {.doors = doors,
                                .n_doors = provider_doors(doors),
                                .accounts = &account,
                                .n_accounts = 1,
                                .base_url = STR("https://calls.example.com"),
                                .announced = announced};
    struct door_explained found;
    struct err e = {0};

    assert(!door_explain(&c, rq, a, &found, &e) && e.code != ERR_NONE && e.text[0]);
    assert(!str_contains(str_from(e.text), STR(TOKEN)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct str text = {(const char *)data, size};
    struct http_request rq;
    struct err e = {0};
    int64_t announced;

    if (str_contains(text, STR(TOKEN)))
        return 0; // what is quoted from the request is no secret
    if (!captured_request_parse(text, a, &rq, &announced, &e)) {
        assert(e.code == ERR_INVALID && e.n_fix > 0);
        return 0;
    }
    assert(announced == INT_NONE || announced >= 0);
    assert((announced != INT_NONE) == (http_header_count(&rq, STR("Content-Length")) > 0));
    read_anew(&rq, announced, a);
    knock(&rq, announced, a);
    return 0;
}
