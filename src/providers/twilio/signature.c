/*
 * The signature is computed piece by piece: the URL in its six parts, then the fields in order.
 * Nothing is concatenated; small pieces are gathered in a block, because a call into the digest
 * costs more than copying twenty bytes.
 *
 * Fields are sorted by name, as UTF-16 code units (the vendor's library is JavaScript), then by
 * value; a pair that is there twice counts once. An eight-byte prefix decides nearly every
 * comparison. Shell's method: one loop, no recursion, no allocation, quick enough for the forty
 * fields of a callback and harmless for the five hundred that are allowed.
 */
#include "providers/twilio/signature.h"

#include "base/arena.h"
#include "base/limits.h"
#include "providers/twilio/url.h"

enum { SIGNATURE_LEN = 28, BLOCK = 1024 };

// --- order of the fields -------------------------------------------------------------------------

struct entry {
    uint64_t prefix; /* of the name: first eight bytes, so that numbers compare as texts do */
    const struct form_field *field;
};

/* UTF-8 sorts as UTF-16 does but for one thing: surrogates (F0…F4) come before U+E000…U+FFFF. */
static unsigned char utf16_rank(unsigned char c)
{
    if (c < 0xee || c > 0xf4)
        return c;
    return (unsigned char)(c >= 0xf0 ? c - 2 : c + 5);
}

static int compare(struct str a, struct str b)
{
    const size_t n = a.n < b.n ? a.n : b.n;
    size_t i = 0;
    while (i + 8 <= n && memcmp(a.p + i, b.p + i, 8) == 0)
        i += 8;
    for (; i < n; i++)
        if (a.p[i] != b.p[i])
            return utf16_rank((unsigned char)a.p[i]) - utf16_rank((unsigned char)b.p[i]);
    return (a.n > b.n) - (a.n < b.n);
}

static uint64_t prefix_of(struct str name)
{
    uint64_t v = 0;
    for (size_t i = 0; i < 8; i++)
        v = v << 8 | (i < name.n ? utf16_rank((unsigned char)name.p[i]) : 0);
    return v;
}

static bool comes_after(const struct entry *x, const struct entry *y)
{
    if (x->prefix != y->prefix)
        return x->prefix > y->prefix;
    const int by_name = compare(x->field->name, y->field->name);
    return by_name != 0 ? by_name > 0 : compare(x->field->value, y->field->value) > 0;
}

static void sort(struct entry *p, size_t n)
{
    static const size_t gaps[] = {301, 132, 57, 23, 10, 4, 1};
    for (size_t g = 0; g < LEN(gaps); g++) {
        const size_t gap = gaps[g];
        for (size_t i = gap; i < n; i++) {
            const struct entry x = p[i];
            size_t at = i;
            for (; at >= gap && comes_after(&p[at - gap], &x); at -= gap)
                p[at] = p[at - gap];
            p[at] = x;
        }
    }
}

static const struct entry *sorted(const struct form *f, struct arena *a)
{
    struct entry *p = arena_new(a, struct entry, f->n);
    for (size_t i = 0; i < f->n; i++)
        p[i] = (struct entry){prefix_of(f->fields[i].name), &f->fields[i]};
    sort(p, f->n);
    return p;
}

// --- the digest ----------------------------------------------------------------------------------

struct gather {
    struct hmac *h;
    size_t n;
    char block[BLOCK];
};

static void flush(struct gather *g)
{
    hmac_add(g->h, (struct str){g->block, g->n});
    g->n = 0;
}

static void add(struct gather *g, struct str s)
{
    if (s.n > BLOCK - g->n)
        flush(g);
    if (s.n > BLOCK) {
        hmac_add(g->h, s);
    } else if (s.n > 0) {
        memcpy(g->block + g->n, s.p, s.n);
        g->n += s.n;
    }
}

struct signing {
    struct hmac *h;
    const struct entry *entries; /* sorted */
    size_t n_entries;
    unsigned char want[SHA1_LEN];
};

static void add_fields(struct gather *g, const struct signing *s)
{
    const struct form_field *before = NULL;
    for (size_t i = 0; i < s->n_entries; i++) {
        const struct form_field *f = s->entries[i].field;
        if (before && str_eq(before->name, f->name) && str_eq(before->value, f->value))
            continue;
        add(g, f->name);
        add(g, f->value);
        before = f;
    }
}

static bool matches(const struct signing *s, const struct twilio_url *u, struct str port)
{
    struct gather g;
    unsigned char got[SHA1_LEN];

    g.h = s->h;
    g.n = 0;
    hmac_begin(s->h);
    add(&g, u->scheme);
    add(&g, u->userinfo);
    add(&g, u->host);
    add(&g, port);
    add(&g, u->rest);
    add(&g, u->target);
    add_fields(&g, s);
    flush(&g);
    hmac_end(s->h, got);
    return bytes_eq_secret((struct str){(const char *)got, SHA1_LEN},
                           (struct str){(const char *)s->want, SHA1_LEN});
}

/* Without a port, and with one: the given one, else the default. */
static bool matches_either_port(const struct signing *s, const struct twilio_url *u)
{
    const struct str port = str_is_empty(u->port) ? twilio_url_default_port(u) : u->port;
    return matches(s, u, STR("")) || matches(s, u, port);
}

static bool matches_text(const struct signing *s, struct str url, struct str known)
{
    struct twilio_url u;
    return !str_is_none(url) && !str_eq(url, known) && twilio_url_split(url, STR(""), &u) &&
           matches_either_port(s, &u);
}

/* Forms that a sender with an escaping URL library signs. Tried last: valid traffic never pays. */
static bool matches_escaped(const struct signing *s, const struct twilio_url *u, struct arena *a)
{
    const struct str plain = twilio_url_join(u, a);
    const struct str normal = twilio_url_normalise(u, a);
    if (str_is_none(normal))
        return false;
    return matches_text(s, normal, plain) || matches_text(s, twilio_url_requery(normal, a), normal);
}

// --- bodies that are not forms -------------------------------------------------------------------

static bool mentions_digest(const struct twilio_url *u)
{
    return str_contains(u->target, STR("bodySHA256")) || str_contains(u->rest, STR("bodySHA256"));
}

/* Exactly one parameter bodySHA256, and it is the body's digest. */
static bool digest_matches(const struct twilio_url *u, struct str body, struct arena *a)
{
    const struct str with_query = str_is_empty(u->target) ? u->rest : u->target;
    const struct str query = str_sub(with_query, str_find(with_query, '?') + 1, SIZE_MAX);
    struct form params;
    struct err e;
    if (!form_parse(query, LIMIT_FORM_FIELDS, a, &params, &e))
        return false;

    struct str claimed = STR_NONE;
    for (size_t i = 0; i < params.n; i++) {
        if (!str_eq(params.fields[i].name, STR("bodySHA256")))
            continue;
        if (!str_is_none(claimed))
            return false;
        claimed = params.fields[i].value;
    }

    return !str_is_none(claimed) && bytes_eq_secret(sha256_hex(body, a), claimed);
}

// --- the verdict ---------------------------------------------------------------------------------

bool twilio_signature_plausible(struct str signature)
{
    unsigned char bytes[SHA1_LEN];
    size_t n;
    // The last digit carries four bits: two of its six are zero.
    return signature.n == SIGNATURE_LEN && base64_decode(signature, bytes, sizeof(bytes), &n) &&
           n == SHA1_LEN && str_contains(STR("AEIMQUYcgkosw048"), str_sub(signature, 26, 1));
}

bool twilio_signature_valid(const struct twilio_signed *rq, struct str signature, struct hmac *h,
                            struct arena *a)
{
    struct signing s = {.h = h};
    struct twilio_url u;
    size_t n;
    if (!twilio_signature_plausible(signature) ||
        !base64_decode(signature, s.want, sizeof(s.want), &n) ||
        !twilio_url_split(rq->base, rq->target, &u))
        return false;

    const bool by_digest = mentions_digest(&u);
    if (!by_digest) {
        s.entries = sorted(rq->fields, a);
        s.n_entries = rq->fields->n;
    }
    if (!matches_either_port(&s, &u) && !matches_escaped(&s, &u, a))
        return false;
    return !by_digest || digest_matches(&u, rq->body, a);
}
