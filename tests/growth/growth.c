/*
 * Work against size: each parser reads what is worst for it, at three sizes, each four times the
 * one before. Run under callgrind (tools/growth.py), which counts the instructions between two
 * requests and is told here which parser and size they were; run alone it only parses.
 *
 * An input is a head, a unit repeated until the size is reached, and a tail. "%u" in a unit is the
 * number of its repetition.
 */
#include <stdio.h>
#include <stdlib.h>
#include <valgrind/callgrind.h>

#include "api/body.h"
#include "api/credentials.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/crypto.h"
#include "base/form.h"
#include "base/json.h"
#include "base/limits.h"
#include "calls/change.h"
#include "calls/fold.h"
#include "calls/internal.h"
#include "calls/phone.h"
#include "feed/frame.h"
#include "feed/request.h"
#include "feed/topics.h"
#include "http/chunked.h"
#include "http/cidr.h"
#include "http/fetch.h"
#include "http/forwarded.h"
#include "http/language.h"
#include "http/query.h"
#include "http/route.h"
#include "http/static.h"
#include "inbox/budget.h"
#include "inbox/record.h"
#include "ops/captured_request.h"
#include "ops/config.h"
#include "ops/roles.h"
#include "providers/address.h"
#include "providers/twilio/calls.h"
#include "providers/twilio/check.h"
#include "providers/twilio/doors.h"
#include "providers/twilio/normalise.h"
#include "providers/twilio/signature.h"
#include "providers/twilio/twiml.h"
#include "providers/twilio/url.h"
#include "reconcile/internal.h"
#include "sse/sse.h"
#include "store/postgres/wire.h"
#include "tenancy/access_token.h"
#include "tenancy/flags.h"
#include "tenancy/stream_token.h"
#include "tenancy/vault.h"
#include "tests/growth/placed.h"
#include "trace/otlp.h"
#include "wake/hint.h"
#include "ws/handshake.h"
#include "ws/reader.h"

enum { KB = 1024, SIZES = 3 };

// --- what reads ----------------------------------------------------------------------------------

typedef void reader(struct str in, struct arena *a);

static void read_form(struct str in, struct arena *a)
{
    struct form f;
    struct err e;
    (void)!form_parse(in, SIZE_MAX, a, &f, &e);
}

static void read_json(struct str in, struct arena *a)
{
    struct json_object *o;
    struct err e;
    (void)!json_parse(in, a, &o, &e);
}

static void write_json(struct str in, struct arena *a)
{
    struct json_writer w;
    struct buf b;
    (void)a;
    buf_init(&b, SIZE_MAX);
    json_init(&w, &b);
    json_str(&w, in);
    buf_finish(&b);
}

static void read_base64(struct str in, struct arena *a)
{
    size_t n;
    (void)!base64_decode(in, arena_alloc(a, in.n), in.n, &n);
}

static void read_utf8(struct str in, struct arena *a)
{
    (void)a;
    (void)!str_is_utf8(in);
}

/* As it comes from a slow peer: one byte more each time. */
static void read_head(struct str in, struct arena *a)
{
    static struct http_head h;
    enum http_parse found = HTTP_PARSE_MORE;
    (void)a;
    http_head_init(&h);
    for (size_t n = 1; n <= in.n && found == HTTP_PARSE_MORE; n++)
        found = http_head_parse(&h, str_sub(in, 0, n));
}

static void read_chunks(struct str in, struct arena *a)
{
    struct http_chunked d = {0};
    struct buf b;
    (void)a;
    buf_init(&b, SIZE_MAX);
    (void)http_chunked_feed(&d, &in, SIZE_MAX / 2, &b);
    buf_finish(&b);
}

static void read_query(struct str in, struct arena *a)
{
    const struct http_request rq = {.query = in};
    struct form f;
    struct err e;
    (void)!http_query_parse(&rq, a, &f, &e);
}

static void read_path(struct str in, struct arena *a)
{
    static const struct http_route routes[] = {
        {HTTP_GET, "/a/:x/b/:y", "1"}, {HTTP_GET, "/:x/a/:y/*", "2"}, {HTTP_GET, "/a/*", "3"}};
    static struct http_router *r;
    struct http_match m;
    if (!r)
        r = http_router_create(routes, LEN(routes)); // of the program
    (void)http_router_find(r, HTTP_GET, in, a, &m);
}

static void read_asset(struct str in, struct arena *a)
{
    struct http_header headers[] = {{STR("Accept-Encoding"), in}, {STR("If-None-Match"), in}};
    const struct http_request rq = {.headers = headers, .n_headers = LEN(headers)};
    struct http_static_choice chosen;
    http_static_choose(&rq, STR("/"), a, &chosen);
    http_static_choose(&rq, in, a, &chosen);
}

static void read_health(struct str in, struct arena *a)
{
    bool is_well;
    (void)!address_read_health(in, a, &is_well);
    (void)address_is_private(in, a);
}

static void read_blocks(struct str in, struct arena *a)
{
    struct cidr_list list;
    struct err e;
    (void)!cidr_list_parse(in, a, &list, &e);
}

static void read_forwarded(struct str in, struct arena *a)
{
    static struct cidr everyone = {.bits = 0};
    const struct cidr_list trusted = {&everyone, 1};
    struct http_header header = {STR("X-Forwarded-For"), in};
    struct http_request rq = {.headers = &header, .n_headers = 1, .peer = STR("10.0.0.1")};
    http_forwarded(&rq, &trusted, a);
}

static void read_cookie(struct str in, struct arena *a)
{
    struct http_header header = {STR("Cookie"), in};
    (void)a;
    (void)credentials_cookie(&(struct http_request){.headers = &header, .n_headers = 1}, STR("s"));
}

static void write_frame(struct str in, struct arena *a)
{
    struct buf b;
    (void)a;
    buf_init(&b, SIZE_MAX);
    sse_frame_write_seq(&b, 1, STR("e"), in);
    buf_finish(&b);
}

static void hear(struct str message, void *arg)
{
    (void)message;
    (void)arg;
}

static void read_socket(struct str in, struct arena *a)
{
    struct ws_reader *r = ws_reader_create(&(struct ws_reader_options){
        .clock = &clock_system, .max_message = 64 * KB, .on_text = hear});
    struct buf b;
    (void)a;
    buf_init(&b, SIZE_MAX);
    (void)!ws_read(r, in, &b);
    buf_finish(&b);
    ws_reader_destroy(r);
}

static void read_spool(struct str in, struct arena *a)
{
    struct inbox_item item;
    (void)a;
    while (record_next(&in, &item) != RECORD_END)
        continue;
}

static void read_feed(struct str in, struct arena *a)
{
    const struct feed_item item = {.type = STR("call.started"), .payload = in};
    struct buf b;
    (void)a;
    buf_init(&b, SIZE_MAX);
    (void)!feed_frame_event(&b, &item, STR("e"));
    buf_finish(&b);
}

static void read_url(struct str in, struct arena *a)
{
    struct twilio_url u;
    if (!twilio_url_split(STR("https://x"), in, &u))
        return;
    (void)twilio_url_requery(twilio_url_normalise(&u, a), a);
}

static void read_signed(struct str in, struct arena *a)
{
    _cleanup_(secret_destroyp) struct secret *s = secret_create(STR("s"));
    _cleanup_(hmac_destroyp) struct hmac *key = hmac_create(HMAC_SHA1, s);
    struct form f;
    struct err e;
    if (!form_parse(in, LIMIT_FORM_FIELDS, a, &f, &e))
        return;
    const struct twilio_signed rq = {STR("https://x"), STR("/?a=b"), &f, in};
    (void)twilio_signature_valid(&rq, STR("LI27PLuy5Y9sVqJvzz74lGtCz0g="), key, a);
}

static void knock(struct str in, const char *type, struct arena *a)
{
    struct http_header header = {STR("Content-Type"), str_from(type)};
    const struct http_request rq = {.headers = &header, .n_headers = 1, .body = in};
    struct door_visit v = {.door = &twilio_doors[1], .rq = &rq, .a = a};
    struct inbox_item item = {0};
    struct err e;
    if (v.door->read(&v, &e))
        v.door->describe(&v, &item);
}

static void read_webhook(struct str in, struct arena *a)
{
    knock(in, "application/x-www-form-urlencoded", a);
}

static void read_json_webhook(struct str in, struct arena *a)
{
    knock(in, "application/json", a);
}

static void normalise(struct str in, struct arena *a)
{
    struct call_change c;
    struct err e;
    (void)!twilio_normalise(STR("call-status"), in, SECONDS(1800000000), a, &c, &e);
}

static void read_change(struct str in, struct arena *a)
{
    static const struct call_rules rules = {.region = STR("US")};
    struct call_change c;
    struct err e;
    if (call_change_parse(in, a, &c, &e))
        (void)!call_change_settle(&c, &rules, a, &e);
}

static void read_fold(struct str in, struct arena *a)
{
    struct call_fold f;
    struct err e;
    (void)!call_fold_parse(in, a, &f, &e);
}

static void steer(struct str in, struct arena *a)
{
    const struct twilio_routing routing = {in, in, in};
    struct buf b;
    (void)a;
    buf_init(&b, SIZE_MAX);
    twiml_route(&routing, STR("sip:x"), in, &b);
    buf_finish(&b);
}

static void read_dotenv(struct str in, struct arena *a)
{
    char path[] = "/tmp/hookswitch-growth-XXXXXX";
    struct config c;
    struct err e = {0};
    const int fd = mkstemp(path);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "w");
    assert(f);
    (void)fwrite(in.p, 1, in.n, f);
    (void)fclose(f);
    (void)!config_load(NULL, path, a, &c, &e);
    (void)remove(path);
}

static void read_times(struct str in, struct arena *a)
{
    usec_t t;
    (void)a;
    (void)time_parse_rfc3339(in, &t);
    (void)time_parse_rfc2822(in, &t);
}

static void read_phone(struct str in, struct arena *a)
{
    struct phone p;
    (void)phone_parse(in, STR("US"), &p);
    (void)phone_display(in, STR("US"), a);
}

static void read_calls(struct str in, struct arena *a)
{
    static const struct provider_account account = {.account = STR("AC1")};
    struct reconcile_page page;
    struct err e;
    (void)!twilio_calls.read_list(&account, in, SECONDS(1800000000), a, &page, &e);
}

static void read_access_token(struct str in, struct arena *a)
{
    static struct token_keys *keys;
    struct access_claims claims;
    struct vault *v;
    struct err e;
    if (!keys && vault_open(STR("the-master-key-of-the-growth-0000000000"), STR_NONE, &v, &e)) {
        keys = token_keys_create(v); // of the program
        vault_close(v);
    }
    (void)access_token_read(keys, in, 0, a, &claims);
}

static void read_stream_token(struct str in, struct arena *a)
{
    _cleanup_(secret_destroyp) struct secret *key = secret_create(STR("s"));
    struct stream_claims claims;
    (void)a;
    (void)!stream_token_read(key, in, 0, &claims);
}

static void read_hint(struct str in, struct arena *a)
{
    struct hint h;
    (void)a;
    (void)!hint_parse(in, &h);
}

/* A column of bytes, as the server sends it. */
static void read_column(struct str in, struct arena *a)
{
    enum { OID_BYTEA = 17 };
    PGresAttDesc column = {.name = (char[]){"b"}, .typid = OID_BYTEA};
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    struct cell cell;
    if (PQsetResultAttrs(result, 1, &column) &&
        PQsetvalue(result, 0, 0, (char *)str_z(in, a), (int)in.n))
        wire_read(result, 0, 0, a, &cell);
    PQclear(result);
}

static void read_wish(struct str in, struct arena *a)
{
    struct feed_request rq;
    struct err e;
    (void)!feed_request_parse(in, a, &rq, &e);
}

static void read_topics(struct str in, struct arena *a)
{
    feed_topics topics;
    struct err e;
    (void)a;
    (void)!feed_topics_parse(in, &topics, &e);
}

static void read_handshake(struct str in, struct arena *a)
{
    struct http_header header = {STR("Upgrade"), in};
    struct err e;
    (void)a;
    (void)!ws_handshake(&(struct http_request){.headers = &header, .n_headers = 1}, &e);
}

static void read_language(struct str in, struct arena *a)
{
    (void)a;
    (void)http_language(in);
}

static void read_flags(struct str in, struct arena *a)
{
    (void)a;
    (void)flags_read(in);
}

static void read_cursor(struct str in, struct arena *a)
{
    struct reconcile_cursor c;
    struct err e;
    (void)!reconcile_cursor_parse(in, a, &c, &e);
}

static void read_captured(struct str in, struct arena *a)
{
    struct http_request rq;
    int64_t announced;
    struct err e;
    (void)!captured_request_parse(in, a, &rq, &announced, &e);
}

static void read_otlp_headers(struct str in, struct arena *a)
{
    struct http_header *fields;
    size_t n;
    (void)!otlp_headers_parse(in, a, &fields, &n);
}

/* Each line is a word behind `serve`. */
static void read_roles(struct str in, struct arena *a)
{
    char **words = arena_new(a, char *, in.n + 1);
    struct str word;
    unsigned roles;
    struct err e;
    int n = 0;
    while (cut_field(&in, '\n', &word))
        words[n++] = (char *)str_z(word, a);
    if (roles_parse(words, n, &roles, &e))
        (void)roles_text(roles, a);
}

struct taken {
    struct str text, words, object;
    int64_t id;
    usec_t time;
};

static void read_body(struct str in, struct arena *a)
{
    static const struct body_field fields[] = {
        {"text", BODY_TEXT, offsetof(struct taken, text), .max = 64 * KB},
        {"words", BODY_WORDS, offsetof(struct taken, words), .required = false},
        {"object", BODY_OBJECT, offsetof(struct taken, object), .max = 64 * KB},
        {"id", BODY_ID, offsetof(struct taken, id), .required = false},
        {"time", BODY_TIME, offsetof(struct taken, time), .required = false},
    };
    struct http_header type = {STR("Content-Type"), STR("application/json")};
    const struct http_request http = {.headers = &type, .n_headers = 1, .body = in};
    struct req rq = {.http = &http, .a = a};
    struct taken t;
    struct err e;
    (void)!req_fields(&rq, fields, LEN(fields), &t, &e);
}

/* Each line is the address of who has sent something invalid. */
static void read_guests(struct str in, struct arena *a)
{
    static struct budget *budget;
    struct str who;
    (void)a;
    if (!budget)
        budget = budget_create(3, 6); // of the program
    while (cut_field(&in, '\n', &who)) {
        budget_spend(budget, who, HOURS(1));
        (void)budget_is_spent(budget, who, HOURS(1));
    }
}

static void read_place(struct str in, struct arena *a)
{
    struct call_place place;
    struct err e;
    if (call_place_parse(in, &place, &e))
        (void)call_place_text(place, a);
}

static struct str account_answer; /* about the account, and as the list of its numbers */

/* In the place of http_fetch(): the linker's --wrap. */
bool __wrap_http_fetch(const struct http_fetch *f, struct arena *a, struct buf *body,
                       struct http_fetched *ret, struct err *e);

bool __wrap_http_fetch(const struct http_fetch *f, struct arena *a, struct buf *body,
                       struct http_fetched *ret, struct err *e)
{
    (void)a;
    (void)e;
    *ret = (struct http_fetched){.status = 200};
    buf_str(body, str_contains(f->url, STR("/Applications/")) ? STR("{}") : account_answer);
    return true;
}

static void check_account(struct str in, struct arena *a)
{
    static const struct str owned = STR("+15085140320");
    static const struct call_rules rules = {.region = STR("US"), .owned = &owned, .n_owned = 1};
    static const struct provider_account account = {.provider = STR("twilio"),
                                                    .account = STR("AC1")};
    const struct provider_check check = {
        .account = &account, .our_url = STR("https://us.example"), .rules = &rules};
    struct findings found = {0};
    account_answer = in;
    twilio_check(&check, a, &found);
}

// --- what is read --------------------------------------------------------------------------------

#define MARK "\xf0\xc5\x53\x72"
#define NUMBERS "{\"status\":\"active\",\"incoming_phone_numbers\":[{}"
#define LONG_WORD                                                                                  \
    "wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww"

static const struct input {
    const char *name;
    reader *read;
    size_t size; /* the largest; what the parser's own limit allows */
    const char *head;
    struct str unit;
    const char *tail;
} inputs[] = {
    {"form of fields", read_form, 64 * KB, "", STR("a=%41&"), ""},
    {"form of 100,000 fields", read_form, 200 * KB, "", STR("a&"), ""},
    {"form of separators", read_form, 64 * KB, "", STR("&"), ""},
    {"form of one escaped value", read_form, 64 * KB, "a=", STR("%+"), ""},
    {"JSON list", read_json, 64 * KB, "[1", STR(",1"), "]"},
    {"JSON members", read_json, 64 * KB, "{\"\":1", STR(",\"k%u\":1"), "}"},
    {"JSON equal members", read_json, 64 * KB, "{\"\":1", STR(",\"k\":1"), "}"},
    {"JSON escapes", read_json, 64 * KB, "\"", STR("\\u00e9"), "\""},
    {"JSON digits", read_json, 64 * KB, "1", STR("0"), ""},
    {"JSON nested too deep", read_json, 64 * KB, "", STR("["), ""},
    {"JSON blanks", read_json, 64 * KB, "[1", STR("\n"), "]"},
    {"JSON writer of bad bytes", write_json, 64 * KB, "", STR("\xff"), ""},
    {"base64", read_base64, 64 * KB, "", STR("AAAA"), ""},
    {"UTF-8", read_utf8, 64 * KB, "", STR("\xf0\x9f\x93\x9e"), ""},
    {"head of fields, byte by byte", read_head, 768, "GET / HTTP/1.1\r\n", STR("a%u: b\r\n"), ""},
    {"head of one field, byte by byte", read_head, 16 * KB, "GET / HTTP/1.1\r\na:", STR("b"), ""},
    {"head of a long target, byte by byte", read_head, 8 * KB, "GET /", STR("%41"), ""},
    {"chunks of one byte", read_chunks, 64 * KB, "", STR("1\r\nx\r\n"), ""},
    {"chunk extensions", read_chunks, 16 * KB, "1", STR(";a=b"), ""},
    {"query", read_query, 2 * KB, "", STR("%41=b&"), ""},
    {"path of segments", read_path, 8 * KB, "", STR("/a"), ""},
    {"path of escapes", read_path, 8 * KB, "/", STR("%61"), ""},
    {"asset below folders", read_asset, 8 * KB, "", STR("/a."), ""},
    {"asset in forms and with tags", read_asset, 8 * KB, "", STR("gzip;q=0.0, "), ""},
    {"health of members", read_health, 4 * KB, "{\"\":1", STR(",\"k%u\":1"), "}"},
    {"host of labels", read_health, 4 * KB, "", STR("a.local"), ""},
    {"list of blocks", read_blocks, 64 * KB, "", STR("10.0.0.0/8, "), ""},
    {"chain of proxies", read_forwarded, 16 * KB, "10.0.0.1", STR(", [::1]:8"), ""},
    {"jar of cookies", read_cookie, 16 * KB, "", STR("a=s; "), ""},
    {"event of line ends", write_frame, 64 * KB, "", STR("\r\n\r"), ""},
    {"message of one-byte pieces", read_socket, 64 * KB,
     "\x01\x81\1\1\1\1"
     "a",
     STR("\0\x81\1\1\1\1"
         "a"),
     "\x80\x81\1\1\1\1"
     "a"},
    {"message of empty pieces", read_socket, 64 * KB,
     "\x01\x81\1\1\1\1"
     "a",
     STR("\0\x80\1\1\1\1"), ""},
    {"spool of marks", read_spool, 64 * KB, "", STR(MARK), ""},
    {"spool of heads", read_spool, 128 * KB, "", STR(MARK "\0\x40\0\0\1\1\1\1"), ""},
    {"spool of noise", read_spool, 64 * KB, "", STR("\xf0"), ""},
    {"payload of members", read_feed, 64 * KB, "{\"call\":{\"\":1", STR(",\"status\":1"), "}}"},
    {"payload nested", read_feed, 64 * KB, "{\"call\":{\"a\":", STR("["), ""},
    {"payload of backslashes", read_feed, 64 * KB, "{\"", STR("\\\\"), "\":1}"},
    {"URL of dots", read_url, 8 * KB, "", STR("/a/%2e%2e"), ""},
    {"URL of query fields", read_url, 8 * KB, "/?", STR("%41=%42&"), ""},
    {"URL of one query field", read_url, 8 * KB, "/?a=", STR("%C3%A9"), ""},
    {"signature over equal names", read_signed, 2 * KB, "", STR("a=%u&"), ""},
    {"signature over a long name", read_signed, 64 * KB, "", STR("aaaaaaaa"), ""},
    {"webhook of one name", read_webhook, 2 * KB, "", STR("a=1&"), ""},
    {"webhook of other names", read_webhook, 3 * KB, "", STR("k%u=1&"), ""},
    {"webhook of names that begin and end alike", read_webhook, 10 * KB, "",
     STR("AAAAAAAA%uBBBBBBBB=&"), ""},
    {"webhook of bad bytes", read_webhook, 64 * KB, "a=", STR("%ff"), ""},
    {"JSON webhook", read_json_webhook, 4 * KB, "{\"\":1", STR(",\"k%u\":[1]"), "}"},
    {"callback", normalise, 64 * KB, "{\"CallSid\":\"CA1\"", STR(",\"k%u\":\"v\""), "}"},
    {"change of details", read_change, 64 * KB,
     "{\"kind\":\"details\",\"source\":\"webhook\",\"observed_at\":1,\"call_sid\":\"C\","
     "\"details\":{\"\":\"\"",
     STR(",\"k%u\":\"v\""), "}}"},
    {"fold of legs", read_fold, 64 * KB, "{\"legs\":[{}", STR(",{\"sid\":\"k%u\"}"), "]}"},
    {"callee", steer, 64 * KB, "sip:", STR("%2b"), ""},
    {".env", read_dotenv, 16 * KB, "", STR("PORT=1\n"), ""},
    {".env of mistakes", read_dotenv, 16 * KB, "", STR("x\n"), ""},
    {"time of digits", read_times, 16 * KB, "2027-01-15T08:00:00.", STR("1"), "Z"},
    {"time of blanks", read_times, 16 * KB, "Fri, 15 Jan 2027", STR(" "), "08:00:00 +0000"},
    {"time with comments", read_times, 16 * KB, "", STR("(("), "Fri, 15 Jan 2027 08:00:00 +0000"},
    {"phone of digits", read_phone, 2 * KB, "+1", STR("5"), ""},
    {"phone of blanks", read_phone, 2 * KB, "+1", STR(" ("), "5085140320"},
    {"phone of extensions", read_phone, 2 * KB, "+15085140320", STR(" ext. 1"), ""},
    {"list of calls", read_calls, 64 * KB, "{\"calls\":[{}",
     STR(",{\"sid\":\"CA%u\",\"status\":\"completed\"}"), "]}"},
    {"list of calls of fields", read_calls, 64 * KB, "{\"calls\":[{\"sid\":\"CA1\"",
     STR(",\"k%u\":[]"), "}]}"},
    {"access token of dots", read_access_token, 1 * KB, "", STR("."), ""},
    {"access token of one part", read_access_token, 1 * KB, "eyJhbGciOiJIUzI1NiJ9.", STR("e30"),
     ".AAAA"},
    {"stream token of dots", read_stream_token, 16 * KB, "", STR("1."), ""},
    {"stream token of one part", read_stream_token, 16 * KB, "1.7.1800000000.", STR("a"), ".AAAA"},
    {"hint of feeds", read_hint, 4 * KB, "1 n", STR(" feed:%u:1"), ""},
    {"hint of blanks", read_hint, 4 * KB, "1 n", STR(" "), ""},
    {"column of bytes", read_column, 64 * KB, "\\x", STR("41"), ""},
    {"column of noise", read_column, 64 * KB, "", STR("\\"), ""},
    {"topics of a message", read_wish, 16 * KB, "{\"type\":\"subscribe\",\"topics\":[\"call.*\"",
     STR(",\"call.*\""), "]}"},
    {"topics of an address", read_topics, 16 * KB, "", STR("call.*,"), ""},
    {"topic of dots", read_topics, 16 * KB, "", STR("."), ""},
    {"upgrades", read_handshake, 16 * KB, "", STR("h2c, "), ""},
    {"languages", read_language, 16 * KB, "", STR("ru;q=0.1,"), ""},
    {"weight of a language", read_language, 16 * KB, "ru;q=0.", STR("0"), ""},
    {"flags", read_flags, 16 * KB, "", STR("worker_percentage=1 "), ""},
    {"captured request of one field", read_captured, 16 * KB,
     "POST / HTTP/1.1\nHost: x\na:", STR("b"), "\n\n"},
    {"captured request of fields", read_captured, 768, "POST / HTTP/1.1\nHost: x\n",
     STR("a%u: b\n"), "\n"},
    {"captured body of lines", read_captured, 64 * KB, "POST / HTTP/1.1\nHost: x\n\n", STR("\n"),
     ""},
    {"header fields of a variable", read_otlp_headers, 16 * KB, "", STR("a=%41,"), ""},
    {"cursor of calls", read_cursor, 64 * KB,
     "{\"phase\":1,\"began\":\"2027-01-15T08:00:00Z\",\"ask\":[\"\"", STR(",\"CA%u\""), "]}"},
    {"roles of one word", read_roles, 16 * KB, "--roles=door", STR(",scheduler"), ""},
    {"roles of words", read_roles, 16 * KB, "--roles=", STR("api\n--roles="), "hub"},
    {"body of one text", read_body, 64 * KB, "{\"text\":\"a", STR(" "), "\"}"},
    {"body of equal fields", read_body, 64 * KB, "{\"id\":1", STR(",\"id\":\"1\""), "}"},
    {"body of unknown fields", read_body, 64 * KB, "{\"id\":1", STR(",\"k%u\":1"), "}"},
    {"body of long words", read_body, 5 * KB, "{\"words\":[\"w\"", STR(",\"" LONG_WORD "\""), "]}"},
    {"body of too many words", read_body, 64 * KB, "{\"words\":[\"w\"", STR(",\"w%u\""), "]}"},
    {"body of an object", read_body, 64 * KB, "{\"object\":{\"\":1", STR(",\"k%u\":1"), "}}"},
    {"body of a long id", read_body, 64 * KB, "{\"id\":\"1", STR("0"), "\"}"},
    {"guests", read_guests, 16 * KB, "", STR("2001:db8:0:%u::1\n"), ""},
    {"guest of a long name", read_guests, 16 * KB, "", STR("::1"), ""},
    {"place of digits", read_place, 16 * KB, "", STR("0"), ""},
    {"answer about an account", check_account, 64 * KB, "{\"status\":\"active\"", STR(",\"k%u\":1"),
     "}"},
    {"its numbers", check_account, 64 * KB, NUMBERS,
     STR(",{\"phone_number\":\"+15085140320\",\"voice_url\":\"x%u\"}"), "]}"},
    {"its numbers with an application", check_account, 64 * KB, NUMBERS,
     STR(",{\"phone_number\":\"+15085140320\",\"voice_application_sid\":\"AP1\"}"), "]}"},
    {"accounts of lines", read_accounts, 64 * KB, "", STR("v1.a\n"), ""},
    {"accounts of one line", read_accounts, 64 * KB, "v1.", STR("AAAA"), "\n"},
    {"accounts, kept and read", keep_accounts, 4 * KB, "AC", STR("\nAC%u"), ""},
    {"acknowledged events", read_acks, 64 * KB, "", STR("ack 1 k%u\n"), ""},
    {"one acknowledged event", read_acks, 64 * KB, "", STR("ack 1 k\n"), ""},
    {"clients of a feed", read_acks, 64 * KB, "", STR("saw 1 c%u e 1\n"), ""},
    {"one client of a feed", read_acks, 64 * KB, "", STR("saw 1 c e %u\n"), ""},
    {"ends of clients", read_acks, 16 * KB, "", STR("end 1 c%u\n"), ""},
    {"owners of events", read_acks, 16 * KB, "", STR("ack AC%u k\n"), ""},
};

static struct str unit_of(const struct input *in, unsigned i, struct arena *a)
{
    const struct str number = STR("%u");
    size_t at = 0;

    while (at < in->unit.n && !str_starts(str_sub(in->unit, at, SIZE_MAX), number))
        at++;
    if (at == in->unit.n)
        return in->unit;
    return str_fmt(a, "%.*s%u" STR_FMT, (int)at, in->unit.p, i,
                   STR_ARG(str_sub(in->unit, at + number.n, SIZE_MAX)));
}

static struct str input_of(const struct input *in, size_t size, struct arena *a)
{
    struct buf b;
    buf_init(&b, SIZE_MAX);
    buf_str(&b, str_from(in->head));
    for (unsigned i = 0; b.n < size; i++)
        buf_str(&b, unit_of(in, i, a));
    buf_str(&b, str_from(in->tail));
    const struct str text = str_dup(buf_view(&b), a);
    buf_finish(&b);
    return text;
}

static void measure(const struct input *in, size_t size)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const struct str text = input_of(in, size, a);
    char label[128];

    (void)snprintf(label, sizeof label, "%s\t%zu", in->name, text.n);
    CALLGRIND_ZERO_STATS;
    in->read(text, a);
    CALLGRIND_DUMP_STATS_AT(label);
}

int main(void)
{
    for (size_t i = 0; i < LEN(inputs); i++) {
        size_t size = inputs[i].size;
        for (unsigned s = 1; s < SIZES; s++)
            size /= 4;
        measure(&inputs[i], size); // what is made once, is made now
        for (unsigned s = 0; s < SIZES; s++, size *= 4)
            measure(&inputs[i], size);
    }
    return 0;
}
