/*
 * kind.project.expires.id.signature: readable by whoever has it, and of no use but to watch. The
 * key is made for this purpose, so that nothing else that is signed can be taken for a token.
 */
#include "tenancy/stream_token.h"

#include "base/arena.h"
#include "base/buf.h"

enum { SIGNATURE_MAX = 64 };

/* In base64url, into a buf of at least SIGNATURE_MAX bytes. */
static void sign(const struct secret *key, struct str text, struct buf *out)
{
    _cleanup_(hmac_destroyp) struct hmac *h = hmac_create(HMAC_SHA256, key);
    unsigned char mac[SHA256_LEN];

    hmac_begin(h);
    hmac_add(h, text);
    hmac_end(h, mac);
    buf_base64url(out, mac, sizeof mac);
}

struct str stream_token_make(const struct secret *key, const struct stream_claims *c,
                             struct arena *a)
{
    const struct str text = str_fmt(a, "%d.%lld.%lld." STR_FMT, c->kind, (long long)c->project,
                                    (long long)(c->expires_at / SECONDS(1)), STR_ARG(c->id));
    struct buf signature;

    assert(str_find(c->id, '.') == c->id.n);
    buf_init(&signature, SIGNATURE_MAX);
    sign(key, text, &signature);
    const struct str token =
        str_fmt(a, STR_FMT "." STR_FMT, STR_ARG(text), STR_ARG(buf_view(&signature)));
    buf_finish(&signature);
    return token;
}

static bool is_signed(const struct secret *key, struct str text, struct str signature)
{
    struct buf want;

    buf_init(&want, SIGNATURE_MAX);
    sign(key, text, &want);
    const bool same = bytes_eq_secret(buf_view(&want), signature);
    buf_finish(&want);
    return same;
}

static bool cut_number(struct str *in, int64_t *ret)
{
    struct str text;

    return cut_until(in, '.', &text) && str_to_i64(text, ret);
}

/* What stands before the signature. */
static bool read_claims(struct str text, struct stream_claims *ret)
{
    int64_t kind, seconds;

    if (!cut_number(&text, &kind) || !cut_number(&text, &ret->project) ||
        !cut_number(&text, &seconds) || kind < 0 || kind > INT8_MAX || seconds < 0 ||
        seconds > INT64_MAX / SECONDS(1))
        return false;
    ret->kind = (int)kind;
    ret->expires_at = SECONDS(seconds);
    ret->id = text;
    return true;
}

bool stream_token_read(const struct secret *key, struct str token, usec_t now,
                       struct stream_claims *ret)
{
    struct stream_claims c;
    size_t dot = token.n;

    while (dot > 0 && token.p[dot - 1] != '.')
        dot--;
    if (dot == 0)
        return false;
    const struct str text = str_sub(token, 0, dot - 1);
    if (!is_signed(key, text, str_sub(token, dot, token.n)) || !read_claims(text, &c) ||
        c.expires_at <= now)
        return false;
    *ret = c;
    return true;
}
