/* Every vector of the vendor, and ours with the vendor's verdicts: accepted and refused alike. */
#include "test/test.h"

#include "base/limits.h"
#include "providers/twilio/signature.h"

#define FIXTURES "src/providers/twilio/fixtures/"

struct vector {
    struct str name, url, auth_token, body, signature, accept;
};

static struct str *member(struct vector *v, struct str name)
{
    struct {
        struct str name;
        struct str *at;
    } members[] = {
        {STR("name"), &v->name},     {STR("url"), &v->url},
        {STR("body"), &v->body},     {STR("auth_token"), &v->auth_token},
        {STR("accept"), &v->accept}, {STR("signature"), &v->signature},
    };
    for (size_t i = 0; i < LEN(members); i++)
        if (str_eq(members[i].name, name))
            return members[i].at;
    return NULL;
}

/* The next block of "name: value" lines; false at the end. */
static bool cut_vector(struct str *in, struct vector *ret)
{
    *ret = (struct vector){0};
    struct str line, name;
    while (cut_field(in, '\n', &line)) {
        if (str_is_empty(line) && !str_is_none(ret->name))
            return true;
        if (str_is_empty(line) || line.p[0] == '#' || !cut_until(&line, ':', &name))
            continue;
        struct str *at = member(ret, name);
        if (at)
            *at = str_sub(line, 1, SIZE_MAX);
    }
    return !str_is_none(ret->name);
}

struct given {
    struct str base, target, body, signature, token;
};

static bool verdict(const struct given *g, struct arena *a)
{
    _cleanup_(secret_destroyp) struct secret *token = secret_create(g->token);
    _cleanup_(hmac_destroyp) struct hmac *h = hmac_create(HMAC_SHA1, token);
    struct form fields;
    struct err e;

    assert_ok(form_parse(g->body, LIMIT_FORM_FIELDS, a, &fields, &e), &e);
    return twilio_signature_valid(
        &(struct twilio_signed){
            .base = g->base, .target = g->target, .fields = &fields, .body = g->body},
        g->signature, h, a);
}

/* Where the path begins: a door knows its base and the raw target apart. */
static size_t path_of(struct str url)
{
    const size_t authority = str_find(url, ':') + 3;
    return authority + str_find(str_sub(url, authority, SIZE_MAX), '/');
}

static size_t check_file(const char *path, size_t *ret_accepted)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct str text = test_file(path, a);
    struct vector v;
    size_t n = 0;

    for (; cut_vector(&text, &v); n++) {
        const bool accept = str_eq(v.accept, STR("yes"));
        const size_t at = path_of(v.url);
        const struct given whole = {v.url, STR(""), v.body, v.signature, v.auth_token};
        struct given apart = whole;

        apart.base = str_sub(v.url, 0, at);
        apart.target = str_sub(v.url, at, SIZE_MAX);
        assert_row(verdict(&whole, a) == accept, str_z(v.name, a));
        assert_row(verdict(&apart, a) == accept, str_z(v.name, a));
        *ret_accepted += accept;
    }
    return n;
}

static void every_vector_gets_the_verdict_of_the_vendor(void **state)
{
    size_t accepted = 0;

    (void)state;
    assert_int_equal(check_file(FIXTURES "signature_vectors.txt", &accepted), 36);
    assert_int_equal(accepted, 26);
}

static void published_examples_are_accepted(void **state)
{
    size_t accepted = 0;

    (void)state;
    assert_int_equal(check_file(FIXTURES "signature_vectors_published.txt", &accepted), 3);
    assert_int_equal(accepted, 3);
}

static void escaped_forms_get_the_verdict_of_the_vendor(void **state)
{
    size_t accepted = 0;

    (void)state;
    assert_int_equal(check_file(FIXTURES "signature_vectors_more.txt", &accepted), 37);
    assert_int_equal(accepted, 27);
}

// --- what the vectors do not say -----------------------------------------------------------------

static const struct given valid = {
    .base = {"https://calls.example.com", 25},
    .target = {"/twilio/voice", 13},
    .body = {"", 0},
    .signature = {"LI27PLuy5Y9sVqJvzz74lGtCz0g=", 28},
    .token = {"0123456789abcdef0123456789abcdef", 32},
};

static void any_changed_character_of_a_signature_is_refused(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    assert_true(verdict(&valid, a));
    for (size_t i = 0; i < valid.signature.n; i++) {
        for (int c = 0; c < 256; c++) {
            char text[28];
            struct given changed = valid;

            memcpy(text, valid.signature.p, sizeof(text));
            text[i] = (char)c;
            changed.signature = (struct str){text, sizeof(text)};
            assert_int_equal(verdict(&changed, a), str_eq(changed.signature, valid.signature));
        }
    }
}

static void impossible_signatures_are_not_plausible(void **state)
{
    static const char *const refused[] = {
        "",
        "=",
        "LI27PLuy5Y9sVqJvzz74lGtCz0g",
        "LI27PLuy5Y9sVqJvzz74lGtCz0g==",
        " LI27PLuy5Y9sVqJvzz74lGtCz0g",
        "LI27PLuy5Y9sVqJvzz74lGtCz0h=",
        "LI27PLuy5Y9sVqJvzz74lGtCz0gg",
        "LI27PLuy5Y9sVqJvzz74lGtCz0==",
        "LI27PLuy5Y9sVqJvzz74lGtCz_g=",
        "LI27PLuy5Y9sVqJvzz74lGtCz0g=, x",
    };

    (void)state;
    assert_true(twilio_signature_plausible(valid.signature));
    FOR_EACH_ROW (text, refused)
        assert_row(!twilio_signature_plausible(str_from(*text)), *text);
    assert_false(twilio_signature_plausible(STR_NONE));
}

static void a_body_digest_given_twice_is_refused(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    static const char once[] =
        "/e?bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
    struct given g = valid;

    (void)state;
    g.body = STR("{}");
    g.target = str_fmt(a, "%s", once);
    g.signature = STR("zMsAuPfJR8A7sbcYKRTblrT3NYk=");
    assert_true(verdict(&g, a));

    g.target = str_fmt(a, "%s&%s", once, once + 3);
    g.signature = STR("IR120ReMVW9+SErFKxcc+yUK+Bs=");
    assert_false(verdict(&g, a));
}

static void a_json_body_without_its_digest_is_refused(void **state)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    struct given g = valid;

    (void)state;
    g.body = STR("{\"CallSid\":\"CA1\"}"); // the signature covers the URL alone
    assert_false(verdict(&g, a));
}

static void odd_bases_are_refused_without_harm(void **state)
{
    static const char *const bases[] = {"", "calls.example.com", "://", "https:/x", "1https://x"};
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    (void)state;
    FOR_EACH_ROW (base, bases) {
        struct given g = valid;
        g.base = str_from(*base);
        assert_row(!verdict(&g, a), *base);
    }
}

TEST_MAIN(cmocka_unit_test(every_vector_gets_the_verdict_of_the_vendor),
          cmocka_unit_test(published_examples_are_accepted),
          cmocka_unit_test(escaped_forms_get_the_verdict_of_the_vendor),
          cmocka_unit_test(any_changed_character_of_a_signature_is_refused),
          cmocka_unit_test(impossible_signatures_are_not_plausible),
          cmocka_unit_test(a_body_digest_given_twice_is_refused),
          cmocka_unit_test(a_json_body_without_its_digest_is_refused),
          cmocka_unit_test(odd_bases_are_refused_without_harm))
