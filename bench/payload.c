#include "payload.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "die.h"

enum { HOLES_MAX = 16, SIGNATURE_SIZE = 28, FIELDS = 24, FIRST_PHONE = 5550000, PHONE_DIGITS = 7 };

/* Holes are found by these marks, which no other text contains. */
#define MARK_CALL "kkkkkkkkkkkkkkkk"                  /* the call's name, 16 hex digits */
#define MARK_PARENT "qqqqqqqqqqqqqqqq"                /* the parent's */
#define MARK_SHORT "jjjjjjjjjjjj"                     /* the call's name, last 12 hex digits */
#define MARK_PHONE "wwwwwww"                          /* the caller's last seven digits */
#define MARK_SIGNATURE "ssssssssssssssssssssssssssss" /* base64 of HMAC-SHA1 */

enum hole_kind { HOLE_CALL, HOLE_PARENT, HOLE_SHORT, HOLE_PHONE, HOLE_SIGNATURE, HOLE_KINDS };

static const char *const marks[HOLE_KINDS] = {
    [HOLE_CALL] = MARK_CALL,   [HOLE_PARENT] = MARK_PARENT,       [HOLE_SHORT] = MARK_SHORT,
    [HOLE_PHONE] = MARK_PHONE, [HOLE_SIGNATURE] = MARK_SIGNATURE,
};

struct template
{
    char *text;
    size_t size;
    unsigned n_holes;
    struct {
        enum hole_kind kind;
        size_t at;
    } holes[HOLES_MAX];
};

/* The request of a step, and the text that its signature covers. */
struct form {
    struct template request;
    struct template signed_text;
};

struct payload {
    struct payload_options o;
    char *token;
    char prefix[19]; /* "CA" and the run: how every CallSid of this run begins */
    size_t body_size;
    struct form forms[2][PAYLOAD_STEPS]; /* [is_child] */
    uint64_t n_signed;
    char (*signatures)[SIGNATURE_SIZE];
};

struct field {
    const char *name;
    char value[128];
};

static const char *const steps[PAYLOAD_STEPS] = {"initiated", "ringing", "in-progress",
                                                 "completed"};

struct event {
    uint64_t call;
    unsigned step;
    bool is_child;
};

static struct event event_of(const struct payload *p, uint64_t n)
{
    const uint64_t block = n / (PAYLOAD_STEPS * PAYLOAD_BLOCK);
    const uint64_t within = n % (PAYLOAD_STEPS * PAYLOAD_BLOCK);
    const uint64_t call = block * PAYLOAD_BLOCK + within % PAYLOAD_BLOCK;

    return (struct event){.call = call,
                          .step = (unsigned)(within / PAYLOAD_BLOCK),
                          .is_child = !p->o.single && call % 2 == 1};
}

static uint64_t event_number(uint64_t call, unsigned step)
{
    return call / PAYLOAD_BLOCK * (PAYLOAD_STEPS * PAYLOAD_BLOCK) + step * PAYLOAD_BLOCK +
           call % PAYLOAD_BLOCK;
}

/*
 * SIDs are random in life, and an index that is filled in order costs less than it does in life:
 * calls are numbered 0, 1, 2, … and named by a multiple of their number, modulo 2^64.
 */
#define SCRAMBLE UINT64_C(0x9e3779b97f4a7c15)
#define UNSCRAMBLE UINT64_C(0xf1de83e19937733d)
_Static_assert(SCRAMBLE *UNSCRAMBLE == 1, "what was scrambled can be read back");

// --- templates -----------------------------------------------------------------------------------

static void template_init(struct template *t, const char *text)
{
    t->size = strlen(text);
    t->text = alloc_or_die(t->size + 1, 1);
    memcpy(t->text, text, t->size);

    for (unsigned kind = 0; kind < HOLE_KINDS; kind++) {
        const char *at = t->text;

        while ((at = strstr(at, marks[kind]))) {
            if (t->n_holes == HOLES_MAX)
                die("a template has too many holes");
            t->holes[t->n_holes].kind = (enum hole_kind)kind;
            t->holes[t->n_holes++].at = (size_t)(at - t->text);
            at += strlen(marks[kind]);
        }
    }
}

static void put_hex(char *out, uint64_t v, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--, v >>= 4)
        out[i - 1] = "0123456789abcdef"[v & 15];
}

static void put_decimal(char *out, uint64_t v, unsigned digits)
{
    for (unsigned i = digits; i > 0; i--, v /= 10)
        out[i - 1] = (char)('0' + v % 10);
}

/* Copies a template to `out` and fills its holes; the signature's hole only if there is one. */
static void template_stamp(const struct payload *p, const struct template *t, uint64_t call,
                           const char *signature, char *out)
{
    memcpy(out, t->text, t->size);
    for (unsigned i = 0; i < t->n_holes; i++) {
        char *at = out + t->holes[i].at;

        switch (t->holes[i].kind) {
        case HOLE_CALL:
            put_hex(at, call * SCRAMBLE, 16);
            break;
        case HOLE_PARENT:
            put_hex(at, (call - 1) * SCRAMBLE, 16);
            break;
        case HOLE_SHORT:
            put_hex(at, call * SCRAMBLE, 12);
            break;
        case HOLE_PHONE:
            put_decimal(at, FIRST_PHONE + call % p->o.phones, PHONE_DIGITS);
            break;
        case HOLE_SIGNATURE:
            memcpy(at, signature, SIGNATURE_SIZE);
            break;
        case HOLE_KINDS:
            break;
        }
    }
}

// --- TW-S ----------------------------------------------------------------------------------------

static void field_add(struct field *fields, unsigned *n, const char *name, const char *value)
{
    if (*n == FIELDS)
        die("TW-S has more than %d fields", FIELDS);
    fields[*n].name = name;
    snprintf(fields[*n].value, sizeof fields[*n].value, "%s", value);
    ++*n;
}

static void fields_of_leg(const struct payload *p, bool is_child, struct field *f, unsigned *n)
{
    char sid[64];

    snprintf(sid, sizeof sid, "%s" MARK_CALL, p->prefix);
    field_add(f, n, "CallSid", sid);
    field_add(f, n, "AccountSid", p->o.account);
    field_add(f, n, "ApiVersion", "2010-04-01");
    field_add(f, n, "Direction", is_child ? "outbound-dial" : "inbound");
    if (is_child) {
        snprintf(sid, sizeof sid, "%s" MARK_PARENT, p->prefix);
        field_add(f, n, "ParentCallSid", sid);
    } else {
        field_add(f, n, "ForwardedFrom", "+12025550147");
    }
    field_add(f, n, "From", "+1415" MARK_PHONE);
    field_add(f, n, "Caller", "+1415" MARK_PHONE);
    field_add(f, n, "To", "+12025550143");
    field_add(f, n, "Called", "+12025550143");
    field_add(f, n, "CallerName", "Zoë Müller, Grüße & Söhne GmbH");
    field_add(f, n, "FromCity", "SAN FRANCISCO");
    field_add(f, n, "FromState", "CA");
    field_add(f, n, "FromZip", "94105");
    field_add(f, n, "FromCountry", "US");
    field_add(f, n, "ToCity", "WASHINGTON");
    field_add(f, n, "ToState", "DC");
    field_add(f, n, "ToZip", "20001");
    field_add(f, n, "ToCountry", "US");
}

static void fields_of_step(unsigned step, struct field *f, unsigned *n)
{
    const time_t at = time(NULL) + (time_t)step;
    struct tm tm;
    char text[64];

    field_add(f, n, "CallStatus", steps[step]);
    strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S +0000", gmtime_r(&at, &tm));
    field_add(f, n, "Timestamp", text);
    field_add(f, n, "CallbackSource", "call-progress-events");
    snprintf(text, sizeof text, "%u", step);
    field_add(f, n, "SequenceNumber", text);
    if (step == PAYLOAD_STEPS - 1) {
        field_add(f, n, "CallDuration", "42");
        field_add(f, n, "Duration", "1");
    } else {
        field_add(f, n, "StirVerstat", "TN-Validation-Passed-A");
        field_add(f, n, "CalledCountry", "US");
    }
}

static void append(char *out, const char *text)
{
    const size_t used = strlen(out);

    if (strlen(text) >= PAYLOAD_MAX - used)
        die("a payload does not fit in %d bytes", PAYLOAD_MAX);
    memcpy(out + used, text, strlen(text) + 1);
}

static void append_encoded(char *out, const char *value)
{
    for (; *value; value++) {
        const unsigned char c = (unsigned char)*value;
        char text[4];

        if (c == ' ')
            snprintf(text, sizeof text, "+");
        else if (strchr("-_.~", c) || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
                 (c >= 'a' && c <= 'z'))
            snprintf(text, sizeof text, "%c", c);
        else
            snprintf(text, sizeof text, "%%%02X", c);
        append(out, text);
    }
}

static int by_name(const void *a, const void *b)
{
    const struct field *x = a;
    const struct field *y = b;

    return strcmp(x->name, y->name);
}

static void form_init(struct payload *p, bool is_child, unsigned step)
{
    struct field fields[FIELDS];
    unsigned n = 0;
    char body[PAYLOAD_MAX] = "";
    char signed_text[PAYLOAD_MAX] = "";
    char request[PAYLOAD_MAX] = "";

    fields_of_leg(p, is_child, fields, &n);
    fields_of_step(step, fields, &n);
    for (unsigned i = 0; i < n; i++) {
        append(body, i ? "&" : "");
        append(body, fields[i].name);
        append(body, "=");
        append_encoded(body, fields[i].value);
    }

    qsort(fields, n, sizeof fields[0], by_name);
    append(signed_text, p->o.base_url);
    append(signed_text, p->o.path);
    for (unsigned i = 0; i < n; i++) {
        append(signed_text, fields[i].name);
        append(signed_text, fields[i].value);
    }

    p->body_size = strlen(body);
    snprintf(request, sizeof request,
             "POST %s HTTP/1.1\r\n"
             "Host: %s\r\n"
             "Content-Type: application/x-www-form-urlencoded; charset=UTF-8\r\n"
             "Content-Length: %zu\r\n"
             "X-Twilio-Signature: " MARK_SIGNATURE "\r\n"
             "I-Twilio-Idempotency-Token: %08x-%04x-4000-8000-" MARK_SHORT "\r\n"
             "Accept: */*\r\n"
             "Accept-Encoding: gzip\r\n"
             "User-Agent: TwilioProxy/1.1\r\n"
             "\r\n",
             p->o.path, p->o.host, strlen(body), (unsigned)(p->o.run & 0xffffffff), step);
    append(request, body);
    template_init(&p->forms[is_child][step].request, request);
    template_init(&p->forms[is_child][step].signed_text, signed_text);
}

// --- the frame as JSON ---------------------------------------------------------------------------

/* Lengthens a JSON object that ends with "}" by a member of filling, up to `size`. */
static void pad(char *body, size_t size)
{
    static const char member[] = ",\"call\":\"";
    const size_t used = strlen(body) + sizeof member; // with the closing quote

    if (size <= used)
        return;
    body[strlen(body) - 1] = '\0';
    append(body, member);
    for (size_t i = used; i < size; i++)
        append(body, "x");
    append(body, "\"}");
}

static void frame_init(struct payload *p, bool is_child, unsigned step)
{
    char body[PAYLOAD_MAX] = "";
    char request[PAYLOAD_MAX] = "";

    snprintf(body, sizeof body,
             "{\"event\":\"%s\",\"data\":{\"callSid\":\"%s" MARK_CALL "\",\"status\":\"%s\","
             "\"direction\":\"%s\",\"from\":\"+1415" MARK_PHONE "\",\"to\":\"+12025550143\","
             "\"duration\":null,\"timestamp\":\"2027-03-12T16:28:52Z\"}}",
             step ? "call.updated" : "call.created", p->prefix, steps[step],
             is_child ? "outbound" : "inbound");
    pad(body, p->o.body_size);
    p->body_size = strlen(body);
    snprintf(request, sizeof request,
             "POST %s HTTP/1.1\r\n"
             "Host: %s\r\n"
             "Content-Type: application/json\r\n"
             "Content-Length: %zu\r\n"
             "\r\n",
             p->o.path, p->o.host, strlen(body));
    append(request, body);
    template_init(&p->forms[is_child][step].request, request);
}

// --- signing -------------------------------------------------------------------------------------

static const struct form *form_of(const struct payload *p, struct event e)
{
    return &p->forms[e.is_child][e.step];
}

static void sign(const struct payload *p, struct event e, char ret[SIGNATURE_SIZE])
{
    const struct template *t = &form_of(p, e)->signed_text;
    char text[PAYLOAD_MAX];
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned char encoded[EVP_MAX_MD_SIZE * 2];
    unsigned n;

    template_stamp(p, t, e.call, NULL, text);
    if (!HMAC(EVP_sha1(), p->token, (int)strlen(p->token), (const unsigned char *)text, t->size,
              digest, &n))
        die("HMAC-SHA1 failed");
    EVP_EncodeBlock(encoded, digest, (int)n);
    memcpy(ret, encoded, SIGNATURE_SIZE);
}

void payload_sign(struct payload *p, uint64_t n)
{
    if (p->o.kind != PAYLOAD_TWILIO)
        return;
    p->signatures = alloc_or_die(n, SIGNATURE_SIZE);
    for (uint64_t i = 0; i < n; i++)
        sign(p, event_of(p, i), p->signatures[i]);
    p->n_signed = n;
}

// --- the public face -----------------------------------------------------------------------------

struct payload *payload_create(const struct payload_options *o)
{
    struct payload *p = alloc_or_die(1, sizeof *p);

    p->o = *o;
    p->token = strdup(o->token ? o->token : "");
    snprintf(p->prefix, sizeof p->prefix, "CA%016llx", (unsigned long long)o->run);
    for (unsigned step = 0; step < PAYLOAD_STEPS; step++) {
        for (int is_child = 0; is_child < 2; is_child++) {
            if (o->kind == PAYLOAD_TWILIO)
                form_init(p, is_child, step);
            else
                frame_init(p, is_child, step);
        }
    }
    return p;
}

size_t payload_request(const struct payload *p, uint64_t n, char *out)
{
    const struct event e = event_of(p, n);
    const struct template *t = &form_of(p, e)->request;
    char signature[SIGNATURE_SIZE] = "";

    if (p->o.kind == PAYLOAD_TWILIO && n >= p->n_signed)
        sign(p, e, signature);
    template_stamp(p, t, e.call, n < p->n_signed ? p->signatures[n] : signature, out);
    return t->size;
}

size_t payload_body_size(const struct payload *p)
{
    return p->body_size;
}

static bool read_hex(const char *p, uint64_t *ret)
{
    uint64_t v = 0;

    for (unsigned i = 0; i < 16; i++) {
        const char *digit = memchr("0123456789abcdef", p[i], 16);

        if (!digit)
            return false;
        v = v << 4 | (uint64_t)(digit - "0123456789abcdef");
    }
    *ret = v;
    return true;
}

/* The text must go on after the status: a frame never ends with it. */
static bool read_step(const char *status, size_t size, unsigned *ret)
{
    for (unsigned i = 0; i < PAYLOAD_STEPS; i++) {
        if (size > strlen(steps[i]) && memcmp(status, steps[i], strlen(steps[i])) == 0) {
            *ret = i;
            return true;
        }
    }
    return false;
}

static const char *after(const char *text, size_t size, const char *key, size_t *ret_left)
{
    const char *at = memmem(text, size, key, strlen(key));

    if (!at)
        return NULL;
    at += strlen(key);
    *ret_left = size - (size_t)(at - text);
    return at;
}

bool payload_event_in(const struct payload *p, const char *text, size_t size, uint64_t *ret_n)
{
    size_t left;
    uint64_t call;
    unsigned step;
    const char *at = after(text, size, "\"callSid\":\"", &left);

    if (!at || left < 34 || memcmp(at, p->prefix, 18) != 0 || !read_hex(at + 18, &call))
        return false;
    call *= UNSCRAMBLE;
    at = after(text, size, "\"status\":\"", &left);
    if (!at || !read_step(at, left, &step))
        return false;
    *ret_n = event_number(call, step);
    return true;
}

void payload_identity(const struct payload *p, uint64_t n, char ret_sid[35], unsigned *ret_step)
{
    const struct event e = event_of(p, n);

    memcpy(ret_sid, p->prefix, 18);
    put_hex(ret_sid + 18, e.call * SCRAMBLE, 16);
    ret_sid[34] = '\0';
    *ret_step = e.step;
}

static void template_finish(struct template *t)
{
    free(t->text);
}

void payload_destroy(struct payload *p)
{
    if (!p)
        return;
    for (unsigned step = 0; step < PAYLOAD_STEPS; step++) {
        for (int is_child = 0; is_child < 2; is_child++) {
            template_finish(&p->forms[is_child][step].request);
            template_finish(&p->forms[is_child][step].signed_text);
        }
    }
    free(p->signatures);
    free(p->token);
    free(p);
}
