#include "sandbox/twilio/sender.h"

#include <curl/curl.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/buf.h"

enum { ANSWER_MAX = 64 * 1024 };

/* A place in flight: an easy handle, kept for the next request. */
struct flight {
    CURL *easy;
    struct curl_slist *headers;
    struct request *rq;
    struct buf body;
    struct flight *next_free;
};

struct sender {
    CURLM *multi;
    struct flight *flights;
    size_t n_flights;
    struct flight *free;
    struct request *first, **last; /* waiting in line */
    size_t n_pending;
};

// --- one request ---------------------------------------------------------------------------------

/* What is beyond the ceiling is dropped: no document of ours is that long. */
static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct flight *f = arg;
    buf_str(&f->body, (struct str){p, size * n});
    return size * n;
}

static void add_header(struct flight *f, const char *name, struct str value)
{
    const struct str line = str_fmt(f->rq->a, "%s: " STR_FMT, name, STR_ARG(value));
    struct curl_slist *all = curl_slist_append(f->headers, str_z(line, f->rq->a));
    if (!all)
        mem_exhausted();
    f->headers = all;
}

static void set_headers(struct flight *f)
{
    const struct request *rq = f->rq;

    if (!str_is_none(rq->body))
        add_header(f, "Content-Type", STR("application/x-www-form-urlencoded; charset=UTF-8"));
    add_header(f, "X-Twilio-Signature", rq->signature);
    add_header(f, "I-Twilio-Idempotency-Token", rq->token);
    add_header(f, "Expect", STR(""));
    curl_easy_setopt(f->easy, CURLOPT_HTTPHEADER, f->headers);
}

static void set_body(struct flight *f)
{
    const struct request *rq = f->rq;

    if (str_is_none(rq->body)) {
        curl_easy_setopt(f->easy, CURLOPT_HTTPGET, 1L);
        return;
    }
    curl_easy_setopt(f->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(f->easy, CURLOPT_POSTFIELDS, rq->body.p);
    curl_easy_setopt(f->easy, CURLOPT_POSTFIELDSIZE, (long)rq->body.n);
}

static void launch(struct sender *s, struct flight *f)
{
    const struct request *rq = f->rq;
    const uint32_t total = rq->how.total_ms < rq->how.connect_ms + rq->how.read_ms
                               ? rq->how.total_ms
                               : rq->how.connect_ms + rq->how.read_ms;

    curl_easy_reset(f->easy); // connections and caches survive this
    curl_easy_setopt(f->easy, CURLOPT_URL, str_z(rq->url, rq->a));
    curl_easy_setopt(f->easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(f->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(f->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(f->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(f->easy, CURLOPT_CONNECTTIMEOUT_MS, (long)rq->how.connect_ms);
    curl_easy_setopt(f->easy, CURLOPT_TIMEOUT_MS, (long)total);
    curl_easy_setopt(f->easy, CURLOPT_USERAGENT, "TwilioProxy/1.1");
    curl_easy_setopt(f->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(f->easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(f->easy, CURLOPT_WRITEDATA, f);
    curl_easy_setopt(f->easy, CURLOPT_PRIVATE, f);
    set_headers(f);
    set_body(f);
    buf_reset(&f->body);
    if (curl_multi_add_handle(s->multi, f->easy) != CURLM_OK)
        mem_exhausted(); // the only way it fails
}

static void land(struct sender *s, struct flight *f)
{
    curl_slist_free_all(f->headers);
    f->headers = NULL;
    f->rq = NULL;
    f->next_free = s->free;
    s->free = f;
}

static void launch_waiting(struct sender *s)
{
    while (s->first && s->free) {
        struct flight *f = s->free;
        s->free = f->next_free;
        f->rq = s->first;
        s->first = f->rq->next;
        if (!s->first)
            s->last = &s->first;
        launch(s, f);
    }
}

// --- what became of it ---------------------------------------------------------------------------

/* Which retry policy speaks about this outcome; 0: none, it is answered. */
static unsigned kind_of(CURLcode code, CURL *easy, int status)
{
    curl_off_t connected = 0;

    if (code == CURLE_OK)
        return status >= 500 ? RETRY_5XX : status >= 400 ? RETRY_4XX : 0;
    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
        code == CURLE_SSL_CONNECT_ERROR)
        return RETRY_CONNECT;
    (void)curl_easy_getinfo(easy, CURLINFO_CONNECT_TIME_T, &connected); // 0 tells it as well
    return code == CURLE_OPERATION_TIMEDOUT && connected == 0 ? RETRY_CONNECT : RETRY_READ;
}

static void finish(struct sender *s, struct flight *f, CURLcode code)
{
    struct request *rq = f->rq;
    long status = 0;

    (void)curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status); // 0 when there was none
    if (code != CURLE_OK)
        status = 0;
    const unsigned kind = kind_of(code, f->easy, (int)status);
    curl_multi_remove_handle(s->multi, f->easy);
    if ((kind & rq->how.retry_on) && rq->attempts++ < rq->how.retries) {
        curl_slist_free_all(TAKE(f->headers));
        launch(s, f);
        return;
    }

    const struct sender_answer answer = {
        (int)status, code == CURLE_OK ? "" : curl_easy_strerror(code), buf_view(&f->body)};
    s->n_pending--;
    rq->on_answer(rq, &answer);
    arena_destroy(rq->a);
    land(s, f);
}

// --- the whole -----------------------------------------------------------------------------------

struct sender *sender_create(size_t max_in_flight)
{
    struct sender *s = NEW(struct sender);

    s->multi = curl_multi_init();
    if (!s->multi)
        mem_exhausted();
    curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, (long)max_in_flight);
    s->last = &s->first;
    s->n_flights = max_in_flight;
    s->flights = mem_alloc(max_in_flight * sizeof(*s->flights));
    for (size_t i = 0; i < max_in_flight; i++) {
        struct flight *f = &s->flights[i];
        f->easy = curl_easy_init();
        if (!f->easy)
            mem_exhausted();
        buf_init(&f->body, ANSWER_MAX);
        land(s, f);
    }
    return s;
}

void sender_destroy(struct sender *s)
{
    if (!s)
        return;
    for (size_t i = 0; i < s->n_flights; i++) {
        struct flight *f = &s->flights[i];
        if (f->rq) {
            curl_multi_remove_handle(s->multi, f->easy);
            arena_destroy(f->rq->a);
        }
        curl_slist_free_all(f->headers);
        curl_easy_cleanup(f->easy);
        buf_finish(&f->body);
    }
    for (struct request *rq = s->first, *next; rq; rq = next) {
        next = rq->next;
        arena_destroy(rq->a);
    }
    curl_multi_cleanup(s->multi);
    free(s->flights);
    free(s);
}

void sender_submit(struct sender *s, struct request *rq)
{
    rq->next = NULL;
    rq->attempts = 0;
    *s->last = rq;
    s->last = &rq->next;
    s->n_pending++;
    launch_waiting(s);
}

void sender_work(struct sender *s, usec_t wait, int fd)
{
    struct curl_waitfd extra = {.fd = fd, .events = CURL_WAIT_POLLIN};
    const usec_t ms = (wait + MILLISECONDS(1) - 1) / MILLISECONDS(1);
    CURLMsg *message;
    int running, left;

    curl_multi_perform(s->multi, &running);
    curl_multi_poll(s->multi, &extra, 1, (int)ms, NULL);
    curl_multi_perform(s->multi, &running);
    while ((message = curl_multi_info_read(s->multi, &left))) {
        struct flight *f;
        if (message->msg != CURLMSG_DONE)
            continue;
        const CURLcode code = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &f);
        finish(s, f, code);
    }
    launch_waiting(s);
}

void sender_wake(struct sender *s)
{
    curl_multi_wakeup(s->multi);
}

size_t sender_pending(const struct sender *s)
{
    return s->n_pending;
}
