/* Addresses and blocks: what is read and written again is read as the same; a block has its own. */
#include "base/arena.h"

#include "http/cidr.h"
#include "http/forwarded.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct str in = {(const char *)data, size};
    struct arena *a = arena_create(0);
    struct err e = {0};
    struct ip ip, again;
    struct cidr block;
    struct cidr_list list;
    char text[IP_TEXT_MAX];

    if (ip_parse(in, &ip)) {
        const struct str written = {text, ip_format(&ip, text)};
        assert(ip_parse(written, &again) && memcmp(&ip, &again, sizeof(ip)) == 0);
    }
    if (cidr_parse(in, &block))
        assert(cidr_has(&block, &block.ip));
    if (cidr_list_parse(in, a, &list, &e))
        for (size_t i = 0; i < list.n; i++)
            assert(cidr_list_has(&list, &list.items[i].ip));

    struct http_header header = {STR("X-Forwarded-For"), in};
    struct http_request rq = {.headers = &header, .n_headers = 1, .peer = STR("10.0.0.1")};
    list = (struct cidr_list){.items = &(struct cidr){.bits = 0}, .n = 1}; // everyone is trusted
    http_forwarded(&rq, &list, a);
    assert(ip_parse(rq.peer, &ip));
    arena_destroy(a);
    return 0;
}
