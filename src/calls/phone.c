#include "calls/phone.h"

#include "base/arena.h"
#include "calls/phone_shim.h"

/*
 * The same few numbers come again and again: our own, and those of the calls that are going on. A
 * direct-mapped table per thread answers for them; it holds no state that a result could depend on.
 */
enum { REMEMBERED = 512, REMEMBERED_TEXT = 40, REGION_MAX = 4 };

/* What libphonenumber does grows with the square of what it reads, to milliseconds at 240 bytes. A
 * number has 17 digits at most, with an extension 37, and twice as many bytes in some scripts. */
enum { NUMBER_MAX = 80 };

struct remembered {
    char text[REMEMBERED_TEXT], region[REGION_MAX];
    unsigned char n_text, n_region;
    bool possible;
    struct phone phone;
};

static _Thread_local struct remembered table[REMEMBERED];

static bool remembers(const struct remembered *r, struct str text, struct str region)
{
    return r->n_text > 0 && str_eq(text, (struct str){r->text, r->n_text}) &&
           str_eq(region, (struct str){r->region, r->n_region});
}

static void remember(struct remembered *r, struct str text, struct str region)
{
    memcpy(r->text, text.p, text.n);
    memcpy(r->region, region.p, region.n);
    r->n_text = (unsigned char)text.n;
    r->n_region = (unsigned char)region.n;
}

static bool parse(struct str text, struct str region, struct phone *ret)
{
    struct remembered *r = &table[str_hash(text) % REMEMBERED];

    if (text.n == 0 || text.n > NUMBER_MAX)
        return false;
    if (text.n > REMEMBERED_TEXT || region.n > REGION_MAX)
        return phone_shim_parse(text.p, text.n, region.p, region.n, ret);
    if (!remembers(r, text, region)) {
        r->possible = phone_shim_parse(text.p, text.n, region.p, region.n, &r->phone);
        remember(r, text, region);
    }
    if (r->possible)
        *ret = r->phone;
    return r->possible;
}

static bool cut_scheme(struct str *in, struct str scheme)
{
    if (in->n < scheme.n || !str_eq_nocase(str_sub(*in, 0, scheme.n), scheme))
        return false;
    *in = str_sub(*in, scheme.n, in->n);
    return true;
}

static bool cut_uri(struct str *in)
{
    return cut_scheme(in, STR("sip:")) || cut_scheme(in, STR("sips:")) ||
           cut_scheme(in, STR("client:"));
}

bool phone_is_uri(struct str in)
{
    return cut_uri(&in);
}

/* "+1508…" of "+1508…;ext=1:password@host". An escaped plus is the only escape a number has. */
static struct str user_part(struct str uri, char *dst, size_t n)
{
    struct str user = str_sub(uri, 0, str_find(uri, '@'));

    user = str_sub(user, 0, str_find(user, ':'));
    user = str_sub(user, 0, str_find(user, ';'));
    if (!cut_scheme(&user, STR("%2b")) || user.n >= n)
        return user;
    dst[0] = '+';
    memcpy(dst + 1, user.p, user.n);
    return (struct str){dst, user.n + 1};
}

static bool has_a_letter(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= 'A' && s.p[i] <= 'Z'))
            return true;
    return false;
}

bool phone_parse(struct str in, struct str region, struct phone *ret)
{
    char unescaped[PHONE_INPUT_MAX];

    in = str_trim(in);
    if (in.n == 0 || in.n > PHONE_INPUT_MAX)
        return false;
    if (cut_uri(&in)) {
        in = user_part(in, unescaped, sizeof unescaped);
        if (has_a_letter(in)) // a name that would spell a number on a keypad is still a name
            return false;
    }
    return parse(in, region.n > 0 ? region : STR("US"), ret);
}

struct str phone_display(struct str in, struct str region, struct arena *a)
{
    struct phone phone;

    if (phone_is_uri(in) || !phone_parse(in, region, &phone))
        return in;
    return str_dup(str_from(phone.display), a);
}
