/*
 * Any fields of a request, a line each, as the opening of a WebSocket, and what they say of the
 * language: only a whole handshake is one, what is refused says why.
 */
#include "ws/handshake.h"

#include "base/limits.h"
#include "http/language.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void judge(const struct http_request *rq)
{
    const struct str key = STR("Sec-WebSocket-Key"), version = STR("Sec-WebSocket-Version");
    char accept[WS_ACCEPT_LEN];
    struct err e = {0};

    const enum ws_handshake found = ws_handshake(rq, &e);
    assert((e.code != ERR_NONE) == (found == WS_MALFORMED || found == WS_OTHER_VERSION));
    if (found != WS_ASKED)
        return;
    assert(rq->method == HTTP_GET && http_header_count(rq, key) == 1);
    assert(str_eq(http_header(rq, version), STR("13")));
    ws_accept(http_header(rq, key), accept);
    assert(accept[WS_ACCEPT_LEN - 1] == '='); // of 20 bytes
}

/* The first byte says the method. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct http_header headers[LIMIT_HEADERS];
    struct http_request rq = {.headers = headers};
    struct str rest = {(const char *)data, size}, line;

    if (size == 0)
        return 0;
    rq.method = data[0] % HTTP_METHOD_COUNT;
    rest = str_sub(rest, 1, rest.n);
    while (rq.n_headers < LEN(headers) && cut_field(&rest, '\n', &line)) {
        const size_t colon = str_find(line, ':');
        headers[rq.n_headers++] = (struct http_header){str_sub(line, 0, colon),
                                                       str_trim(str_sub(line, colon + 1, line.n))};
    }
    judge(&rq);
    const enum err_language spoken = http_language_of(&rq);
    assert(spoken == ERR_ENGLISH || spoken == ERR_RUSSIAN);
    return 0;
}
