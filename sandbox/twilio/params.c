#include "sandbox/twilio/params.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"

enum { BODY_MAX = 64 * 1024 };

void params_init(struct params *p, struct arena *a)
{
    *p = (struct params){{arena_new(a, struct form_field, PARAMS_MAX), 0}, a};
}

void params_add(struct params *p, const char *name, struct str value)
{
    if (str_is_none(value))
        return;
    assert(p->form.n < PARAMS_MAX);
    p->form.fields[p->form.n++] = (struct form_field){str_from(name), str_dup(value, p->a)};
}

void params_add_number(struct params *p, const char *name, int64_t value)
{
    params_add(p, name, str_fmt(p->a, "%lld", (long long)value));
}

void params_add_time(struct params *p, const char *name, usec_t at)
{
    char text[TIME_TEXT_MAX];
    const size_t n = time_format_rfc2822(at, text);
    params_add(p, name, (struct str){text, n});
}

struct str params_encode(const struct params *p)
{
    struct buf out;

    buf_init(&out, BODY_MAX);
    for (size_t i = 0; i < p->form.n; i++) {
        if (i > 0)
            buf_char(&out, '&');
        buf_form(&out, p->form.fields[i].name);
        buf_char(&out, '=');
        buf_form(&out, p->form.fields[i].value);
    }
    assert(buf_ok(&out));
    const struct str body = str_dup(buf_view(&out), p->a);
    buf_finish(&out);
    return body;
}

static int by_name(const void *a, const void *b)
{
    const struct form_field *x = *(const struct form_field *const *)a;
    const struct form_field *y = *(const struct form_field *const *)b;
    const int order = str_cmp(x->name, y->name);

    return order ? order : str_cmp(x->value, y->value);
}

static bool is_repeated(const struct form_field *const *sorted, size_t i)
{
    return i > 0 && str_eq(sorted[i]->name, sorted[i - 1]->name) &&
           str_eq(sorted[i]->value, sorted[i - 1]->value);
}

void params_sign(const struct form *f, struct str url, struct hmac *h, char ret[SIGNATURE_LEN + 1])
{
    const struct form_field *sorted[PARAMS_MAX];
    unsigned char digest[SHA1_LEN];
    struct buf text;

    assert(f->n <= PARAMS_MAX);
    for (size_t i = 0; i < f->n; i++)
        sorted[i] = &f->fields[i];
    qsort(sorted, f->n, sizeof(sorted[0]), by_name);

    hmac_begin(h);
    hmac_add(h, url);
    for (size_t i = 0; i < f->n; i++)
        if (!is_repeated(sorted, i)) {
            hmac_add(h, sorted[i]->name);
            hmac_add(h, sorted[i]->value);
        }
    hmac_end(h, digest);

    buf_init(&text, SIGNATURE_LEN);
    buf_base64(&text, digest, sizeof(digest));
    assert(buf_ok(&text) && text.n == SIGNATURE_LEN);
    memcpy(ret, text.p, SIGNATURE_LEN);
    ret[SIGNATURE_LEN] = '\0';
    buf_finish(&text);
}
