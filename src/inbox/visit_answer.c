/* What a visit is answered, and the span that tells of it. */
#include "inbox/visit.h"

#include "base/arena.h"
#include "base/buf.h"
#include "http/language.h"
#include "http/route.h"
#include "trace/trace.h"

enum { ANSWER_MAX = 64 * 1024, ERROR_MAX = 8 * 1024 };

#define WAIT_UNAVAILABLE SECONDS(5)
#define WAIT_NOISE SECONDS(60)

/* The first span of its trace. Before the answer, with which the visit ends. */
static void note_span(const struct visit *v, int status)
{
    struct tracer *t = v->doors->o.tracer;
    if (!t)
        return;
    tracer_note(t,
                &(struct span){
                    .trace = str_from(v->trace_id),
                    .name = "POST",
                    .of = v->seen.door->path,
                    .kind = SPAN_SERVER,
                    .is_first = true,
                    .failed = status >= 500,
                    .took = clock_monotonic(v->doors->o.clock) - http_received_at(v->x),
                    .facts = {{"http.route", v->seen.door->path, 0},
                              {"http.response.status_code", STR_NONE, status},
                              {"hookswitch.outcome", str_from(door_outcome_name(v->outcome)), 0}},
                });
}

static void answer_error(struct visit *v, const struct err *e)
{
    const struct http_header retry = {STR("Retry-After"),
                                      str_fmt(v->seen.a, "%lld", (long long)e->retry_after)};
    struct buf body;
    buf_init(&body, ERROR_MAX);
    http_error_body(&body, e, http_language_of(v->seen.rq), str_from(v->trace_id));
    note_span(v, err_code_status(e->code));
    http_answer(v->x, &(struct http_answer){
                          .status = err_code_status(e->code),
                          .type = STR("application/json"),
                          .body = buf_view(&body),
                          .headers = &retry,
                          .n_headers = e->retry_after > 0,
                      });
    buf_finish(&body);
}

void visit_answer_unavailable(struct visit *v)
{
    struct err e;
    (void)err_set(&e, ERR_UNAVAILABLE, "the event cannot be kept at the moment");
    (void)err_fix(&e, "send it again later");
    (void)err_later(&e, WAIT_UNAVAILABLE);
    answer_error(v, &e);
}

void visit_answer_over_limit(struct visit *v, usec_t wait)
{
    struct err e;
    (void)err_set(&e, ERR_RATE, "this project sends more events than it may");
    (void)err_fix(&e, "send it again later");
    (void)err_later(&e, wait);
    answer_error(v, &e);
}

void visit_answer_invalid(struct visit *v, enum door_outcome outcome, struct err *e)
{
    const struct door *door = v->seen.door;
    if (outcome == DOOR_OVER_BUDGET) {
        (void)err_set(e, ERR_RATE, "too many invalid requests from this address");
        (void)err_later(e, WAIT_NOISE);
        answer_error(v, e);
        return;
    }
    if (outcome != DOOR_BAD_BODY) {
        (void)err_set(e, door->refusal == 401 ? ERR_UNAUTHORIZED : ERR_FORBIDDEN,
                      "the signature does not match this request");
        (void)err_fix(e, "compare the public base URL with the one configured at the provider");
        (void)err_fix(e, "compare the account and its token with the provider's console");
    }
    answer_error(v, e);
}

void visit_steer(struct visit *v)
{
    struct buf body;
    buf_init(&body, ANSWER_MAX);
    v->seen.door->answer(&v->seen, &body);
    note_span(v, 200);
    http_answer(v->x, &(struct http_answer){
                          .type = STR("text/xml; charset=utf-8"),
                          .body = buf_view(&body),
                      });
    buf_finish(&body);
}

void visit_thank(struct visit *v)
{
    note_span(v, 204);
    http_answer(v->x, &(struct http_answer){.status = 204});
}
