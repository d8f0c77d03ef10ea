/*
 * Any URL and any form body. What is signed the simple way (everything concatenated) is accepted,
 * with each of the two ports; what is signed with another key is not.
 *
 * Input: base URL, line feed, target, line feed, body.
 */
#include "providers/twilio/signature.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 4 * 1024 * 1024 };

static void check(bool holds)
{
    if (!holds)
        abort();
}

static int compare(const void *x, const void *y)
{
    const struct form_field *a = x, *b = y;
    const int by_name = str_cmp(a->name, b->name);
    return by_name ? by_name : str_cmp(a->value, b->value);
}

/* The naive form. Fields are sorted in place. */
static struct str sign(struct str base, struct str target, struct form *f, struct hmac *h,
                       struct arena *a)
{
    unsigned char digest[SHA1_LEN];
    struct buf text;
    buf_init(&text, TEXT_MAX);
    buf_str(&text, base);
    buf_str(&text, target);
    qsort(f->fields, f->n, sizeof(*f->fields), compare);
    for (size_t i = 0; i < f->n; i++) {
        if (i > 0 && compare(&f->fields[i - 1], &f->fields[i]) == 0)
            continue;
        buf_str(&text, f->fields[i].name);
        buf_str(&text, f->fields[i].value);
    }
    check(buf_ok(&text));
    hmac_begin(h);
    hmac_add(h, buf_view(&text));
    hmac_end(h, digest);

    buf_reset(&text);
    buf_base64(&text, digest, sizeof(digest));
    const struct str s = str_dup(buf_view(&text), a);
    buf_finish(&text);
    return s;
}

static bool is_below_ee(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0xee)
            return false;
    return true;
}

/* Byte order is the order of UTF-16 below U+E000. What is compared are the decoded fields. */
static bool is_simple(const struct form *f)
{
    bool simple = true;

    for (size_t i = 0; simple && i < f->n; i++)
        simple = is_below_ee(f->fields[i].name) && is_below_ee(f->fields[i].value);
    return simple;
}

static void try_one(struct str in, struct hmac *ours, struct hmac *theirs, struct arena *a)
{
    struct str base = STR(""), target = STR("");
    struct form fields;
    struct err e;
    (void)cut_until(&in, '\n', &base);
    (void)cut_until(&in, '\n', &target);
    if (!form_parse(in, LIMIT_FORM_FIELDS, a, &fields, &e))
        return;

    const struct twilio_signed rq = {base, target, &fields, in};
    const struct str foreign = sign(base, target, &fields, theirs, a);
    const struct str own = sign(base, target, &fields, ours, a);
    check(!twilio_signature_valid(&rq, foreign, ours, a));

    const bool valid = twilio_signature_valid(&rq, own, ours, a);
    const bool plain = str_starts(base, STR("https://h")) &&
                       !str_contains(str_sub(base, 8, SIZE_MAX), STR(":")) &&
                       !str_contains(base, STR("bodySHA256"));
    if (plain && is_simple(&fields) && !str_contains(target, STR("bodySHA256")))
        check(valid);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    _cleanup_(secret_destroyp) struct secret *one = secret_create(STR("one"));
    _cleanup_(secret_destroyp) struct secret *two = secret_create(STR("two"));
    _cleanup_(hmac_destroyp) struct hmac *ours = hmac_create(HMAC_SHA1, one);
    _cleanup_(hmac_destroyp) struct hmac *theirs = hmac_create(HMAC_SHA1, two);
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    try_one((struct str){(const char *)data, size}, ours, theirs, a);
    return 0;
}
