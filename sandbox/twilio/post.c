#include "sandbox/twilio/post.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/json.h"
#include "sandbox/twilio/sender.h"

enum { LETTER_ARENA = 4096, LINE_MAX_BYTES = 4096 };

struct post {
    struct sim *sim;
    struct sender *sender;
    struct secret *token, *wrong_token;
    struct hmac *key, *wrong_key;
    struct post_books books;
    size_t n_delayed;
    FILE *ack_log;
};

/* One request, with what the books need to know about it. */
struct parcel {
    struct request rq;
    struct post *post;
    struct params params;
    bool forged;
    struct event later;
    void (*on_answer)(const struct sender_answer *answer, void *arg);
    void *arg;
};

// --- the books -----------------------------------------------------------------------------------

/* What identifies an event to its receiver, and nothing else: one JSON line. */
static void log_acknowledged(const struct parcel *p, int status)
{
    static const char *const identity[] = {
        "CallSid",      "CallStatus",      "Timestamp",   "SequenceNumber",
        "RecordingSid", "RecordingStatus", "DialCallSid", "DialCallStatus",
    };
    struct buf line;
    struct json_writer w;

    buf_init(&line, LINE_MAX_BYTES);
    json_init(&w, &line);
    json_open_object(&w);
    json_member_str(&w, STR("url"), p->rq.url);
    json_member_int(&w, STR("status"), status);
    for (size_t i = 0; i < LEN(identity); i++) {
        const struct str value = form_get(&p->params.form, str_from(identity[i]));
        if (!str_is_none(value))
            json_member_str(&w, str_from(identity[i]), value);
    }
    json_close_object(&w);
    buf_char(&line, '\n');
    if (buf_ok(&line)) {
        (void)fwrite(line.p, 1, line.n, p->post->ack_log); // ferror tells at the end
        (void)fflush(p->post->ack_log);
    }
    buf_finish(&line);
}

static void enter(const struct parcel *p, int status)
{
    struct post_books *b = &p->post->books;
    const bool acknowledged = status >= 200 && status < 300;

    if (p->forged) {
        b->forged_acknowledged += acknowledged;
        return;
    }
    b->acknowledged += acknowledged;
    b->unanswered += status == 0;
    b->refused += status != 0 && !acknowledged;
    if (acknowledged && p->post->ack_log)
        log_acknowledged(p, status);
}

static void on_answer(struct request *rq, const struct sender_answer *answer)
{
    struct parcel *p = container_of(rq, struct parcel, rq);

    enter(p, answer->status);
    if (p->on_answer)
        p->on_answer(answer, p->arg);
}

// --- making one ----------------------------------------------------------------------------------

static struct str uuid_new(struct rng *r, struct arena *a)
{
    const uint64_t x = rng_u64(r), y = rng_u64(r);
    return str_fmt(a, "%08x-%04x-4%03x-%04x-%012llx", (unsigned)(x >> 32),
                   (unsigned)(x >> 16 & 0xffff), (unsigned)(x & 0xfff),
                   (unsigned)(0x8000 | (y >> 48 & 0x3fff)),
                   (unsigned long long)(y & 0xffffffffffff));
}

/* By GET the parameters are part of the URL, and signed as such. */
static struct str url_with(struct str url, struct str query, struct arena *a)
{
    return str_fmt(a, STR_FMT "%s" STR_FMT, STR_ARG(url), str_contains(url, STR("?")) ? "&" : "?",
                   STR_ARG(query));
}

static void sign(struct parcel *p, bool get, struct hmac *key)
{
    static const struct form none;
    char signature[SIGNATURE_LEN + 1];

    params_sign(get ? &none : &p->params.form, p->rq.url, key, signature);
    p->rq.signature = str_dup(str_from(signature), p->rq.a);
}

static struct parcel *pack(struct post *post, const struct letter *letter, struct str token)
{
    struct arena *a = arena_create(LETTER_ARENA);
    struct parcel *p = arena_new(a, struct parcel, 1);

    p->post = post;
    p->rq.a = a;
    p->rq.on_answer = on_answer;
    p->rq.token = str_dup(token, a);
    p->rq.url = str_dup(letter->url, a);
    p->rq.how = url_cut_overrides(&p->rq.url);
    params_init(&p->params, a);
    for (size_t i = 0; i < letter->params->form.n; i++)
        params_add(&p->params, str_z(letter->params->form.fields[i].name, a),
                   letter->params->form.fields[i].value);

    const struct str body = params_encode(&p->params);
    if (letter->get)
        p->rq.url = url_with(p->rq.url, body, a);
    else
        p->rq.body = body;
    sign(p, letter->get, post->key);
    return p;
}

// --- chaos ---------------------------------------------------------------------------------------

static void submit(struct parcel *p)
{
    if (!p->forged)
        p->post->books.sent++;
    sender_submit(p->post->sender, &p->rq);
}

static void on_later(struct event *ev)
{
    struct parcel *p = container_of(ev, struct parcel, later);

    p->post->n_delayed--;
    submit(p);
}

static void submit_later(struct parcel *p, usec_t wait)
{
    p->later.run = on_later;
    p->post->n_delayed++;
    sim_schedule(p->post->sim, &p->later, wait);
}

static usec_t up_to(struct rng *r, double seconds)
{
    return (usec_t)rng_below(r, (uint64_t)(seconds * 1e6) + 1);
}

/* Beside the real one comes a copy that somebody else has signed, and perhaps a second copy. */
static void send_copies(struct post *post, struct post_slip *slip, const struct letter *letter,
                        struct str token)
{
    const struct sim_options *o = post->sim->o;
    const bool forged = sim_happens(&slip->rng, o->bad_signature);
    const bool twice = sim_happens(&slip->rng, o->duplicates);
    struct letter copy = *letter;

    copy.on_answer = NULL;
    if (forged) {
        struct parcel *p = pack(post, &copy, token);
        sign(p, copy.get, post->wrong_key);
        p->forged = true;
        post->books.forged++;
        submit(p);
    }
    if (twice)
        submit_later(pack(post, &copy, token), up_to(&slip->rng, 2));
}

static bool tells_end(const struct parcel *p)
{
    static const struct str ends[] = {STR("completed"), STR("busy"), STR("no-answer"),
                                      STR("canceled"), STR("failed")};
    size_t i;

    return str_among(form_get(&p->params.form, STR("CallStatus")), ends, LEN(ends), &i);
}

/* Without --lose-ends no dice are thrown for it: a seed stays what it was. */
static bool end_is_lost(struct post_slip *slip, const struct parcel *p)
{
    const double share = p->post->sim->o->lose_ends;

    return share > 0 && tells_end(p) && sim_happens(&slip->rng, share);
}

/* A callback takes the way that chaos has for it; a request for a document goes straight. */
static void send_callback(struct post_slip *slip, struct parcel *p)
{
    struct post *post = p->post;
    const struct sim_options *o = post->sim->o;
    const bool lost = sim_happens(&slip->rng, o->lose);
    const bool delayed = sim_happens(&slip->rng, o->delay.share);
    const bool held = sim_happens(&slip->rng, o->reorder);
    const usec_t wait = up_to(&slip->rng, o->delay.seconds);

    if (lost || end_is_lost(slip, p)) {
        post->books.lost++;
        arena_destroy(p->rq.a);
    } else if (delayed) {
        submit_later(p, wait);
    } else if (held && !slip->held) {
        slip->held = &p->rq;
    } else {
        submit(p);
        post_flush(slip);
    }
}

void post_send(struct post *post, struct post_slip *slip, const struct letter *letter)
{
    struct arena *a = arena_create(0);
    const struct str token = uuid_new(&slip->rng, a);
    struct parcel *p = pack(post, letter, token);

    send_copies(post, slip, letter, token);
    p->on_answer = letter->on_answer;
    p->arg = letter->arg;
    if (letter->on_answer)
        submit(p);
    else
        send_callback(slip, p);
    arena_destroy(a);
}

void post_flush(struct post_slip *slip)
{
    if (slip->held)
        submit(container_of(TAKE(slip->held), struct parcel, rq));
}

void post_drop(struct post_slip *slip)
{
    if (slip->held)
        arena_destroy(TAKE(slip->held)->a);
}

// --- the whole -----------------------------------------------------------------------------------

static bool open_log(struct post *post, struct err *e)
{
    const struct str path = post->sim->o->ack_log;
    if (str_is_empty(path))
        return true;

    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    post->ack_log = fopen(str_z(path, a), "ae");
    if (!post->ack_log)
        return err_set(e, ERR_INVALID, "--ack-log " STR_FMT ": %s", STR_ARG(path), strerror(errno));
    return true;
}

bool post_create(struct sim *sim, struct post **ret, struct err *e)
{
    struct post *post = NEW(struct post);

    post->sim = sim;
    if (!open_log(post, e)) {
        free(post);
        return err_trace(e);
    }
    post->sender = sender_create((size_t)sim->o->connections);
    post->token = secret_create(sim->o->token);
    post->wrong_token = secret_create(STR("the-token-of-somebody-else-00000"));
    post->key = hmac_create(HMAC_SHA1, post->token);
    post->wrong_key = hmac_create(HMAC_SHA1, post->wrong_token);
    *ret = post;
    return true;
}

/* Delayed ones are only known to the heap. */
static void drop_delayed(struct heap *h)
{
    for (size_t i = h->n; i > 0; i--) {
        struct event *ev = h->events[i - 1];
        if (ev->run != on_later)
            continue;
        heap_remove(h, ev);
        arena_destroy(container_of(ev, struct parcel, later)->rq.a);
        i = h->n + 1; // removing has moved others
    }
}

void post_destroy(struct post *post)
{
    if (!post)
        return;
    drop_delayed(&post->sim->heap);
    sender_destroy(post->sender);
    hmac_destroy(post->key);
    hmac_destroy(post->wrong_key);
    secret_destroy(post->token);
    secret_destroy(post->wrong_token);
    if (post->ack_log)
        (void)fclose(post->ack_log); // every line was flushed
    free(post);
}

void post_work(struct post *post, usec_t wait, int fd)
{
    sender_work(post->sender, wait, fd);
}

void post_wake(struct post *post)
{
    sender_wake(post->sender);
}

bool post_is_idle(const struct post *post)
{
    return post->n_delayed == 0 && sender_pending(post->sender) == 0;
}

const struct post_books *post_books(const struct post *post)
{
    return &post->books;
}
