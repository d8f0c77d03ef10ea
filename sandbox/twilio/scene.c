#include "sandbox/twilio/scene.h"

#include "base/arena.h"
#include "sandbox/twilio/cast.h"
#include "sandbox/twilio/post.h"
#include "sandbox/twilio/sender.h"
#include "sandbox/twilio/url.h"

enum { SCENE_ARENA = 4096, REDIRECTS_MAX = 10, FORWARDED_IN = 12, API_TIMEOUT = 60 };

/* Our own calls are numbered from 0; those of the API have numbers of their own. */
#define API_NUMBERS (UINT64_C(1) << 40)

struct scene {
    struct sim *sim;
    struct arena *a;
    struct rng rng;
    struct post_slip slip;
    const struct flow *flow;
    size_t at; /* the next step */
    struct event next;
    struct leg *legs[LEG_ROLE_COUNT];
    /* The document: where it is fetched, or its text; what the last one said. */
    struct str url, text;
    bool url_by_get;
    struct twiml doc;
    unsigned n_redirects;
    uint64_t timeout; /* of ringing, seconds */
    bool waiting;     /* for a document */
    bool diverted;    /* the flow was changed meanwhile */
    bool record, record_dual;
    struct str recording_callback;
    const char *recording_source;
    struct recording *recording;
};

static usec_t now(const struct scene *s)
{
    return clock_wall(s->sim->clock);
}

// --- what is sent --------------------------------------------------------------------------------

static struct str door(const struct scene *s, const char *name)
{
    return str_fmt(s->a, STR_FMT "/webhooks/twilio/%s", STR_ARG(s->sim->o->to), name);
}

static unsigned event_of(enum leg_status status)
{
    static const unsigned events[LEG_STATUS_COUNT] = {
        [LEG_INITIATED] = EVENT_INITIATED,  [LEG_RINGING] = EVENT_RINGING,
        [LEG_IN_PROGRESS] = EVENT_ANSWERED, [LEG_COMPLETED] = EVENT_COMPLETED,
        [LEG_BUSY] = EVENT_COMPLETED,       [LEG_NO_ANSWER] = EVENT_COMPLETED,
        [LEG_CANCELED] = EVENT_COMPLETED,   [LEG_FAILED] = EVENT_COMPLETED,
    };
    return events[status];
}

static struct str media_url(const struct scene *s)
{
    return str_fmt(s->a, STR_FMT "/2010-04-01/Accounts/" STR_FMT "/Recordings/" STR_FMT,
                   STR_ARG(s->sim->rest_url), STR_ARG(s->sim->o->account),
                   STR_ARG(s->recording->sid));
}

static void send_status(struct scene *s, struct leg *leg)
{
    struct params p;
    if (str_is_none(leg->callback) || !(event_of(leg->status) & leg->events))
        return;

    params_init(&p, s->a);
    leg_params(leg, &p);
    leg_status_params(leg, &p);
    leg->sequence++;
    if (s->recording && leg->direction == LEG_OUTBOUND_API && leg_status_is_final(leg->status)) {
        params_add(&p, "RecordingSid", s->recording->sid);
        params_add(&p, "RecordingUrl", media_url(s));
        params_add_number(&p, "RecordingDuration", recording_duration(s->recording));
    }
    post_send(s->sim->post, &s->slip,
              &(struct letter){.url = leg->callback, .get = leg->callback_by_get, .params = &p});
}

static void move(struct scene *s, struct leg *leg, enum leg_status status)
{
    leg->status = status;
    leg->updated = now(s);
    if (status == LEG_IN_PROGRESS) {
        leg->answered = true;
        if (leg->started == TIME_NONE)
            leg->started = leg->updated;
    }
    if (leg_status_is_final(status))
        leg->ended = leg->updated;
    send_status(s, leg);
}

// --- going on ------------------------------------------------------------------------------------

static void on_next(struct event *ev);

static void finish(struct scene *s)
{
    for (size_t i = 0; i < LEN(s->legs); i++)
        if (s->legs[i])
            s->legs[i]->scene = NULL;
    post_flush(&s->slip);
    heap_remove(&s->sim->heap, &s->next);
    s->sim->n_playing--;
    arena_destroy(s->a);
}

static usec_t wait_of(struct scene *s, const struct step *step)
{
    const uint32_t spread = step->wait.most - step->wait.least;
    const usec_t wait = MILLISECONDS(step->wait.least + rng_below(&s->rng, (uint64_t)spread + 1));
    const usec_t most = SECONDS(s->timeout);

    return step->rings && wait > most ? most : wait;
}

/* Schedules the next step; without one, the scene is over. */
static void go_on(struct scene *s)
{
    if (s->at == s->flow->n)
        finish(s);
    else
        sim_schedule(s->sim, &s->next, wait_of(s, &s->flow->steps[s->at]));
}

static void take_over(struct scene *s, const struct flow *flow)
{
    s->flow = flow;
    s->at = 0;
}

// --- documents -----------------------------------------------------------------------------------

static void ask(struct scene *s);

static void resolve_callbacks(struct scene *s)
{
    struct twiml *t = &s->doc;

    t->action = url_resolve(s->url, t->action, s->a);
    t->callback = url_resolve(s->url, t->callback, s->a);
    t->recording_callback = url_resolve(s->url, t->recording_callback, s->a);
}

static void obey(struct scene *s)
{
    const struct flow *instead = s->flow->on[s->doc.kind];

    if (s->doc.kind == TWIML_REDIRECT) {
        s->url = url_resolve(s->url, s->doc.redirect, s->a);
        s->text = STR_NONE;
        s->doc.kind = TWIML_FAILED;
        if (s->n_redirects++ < REDIRECTS_MAX && !str_is_none(s->url)) {
            ask(s);
            return;
        }
        instead = s->flow->on[TWIML_FAILED];
    }
    resolve_callbacks(s);
    if (instead)
        take_over(s, instead);
    go_on(s);
}

static void read_document(struct scene *s, struct str text)
{
    struct err e;

    if (!twiml_parse(str_dup(text, s->a), s->a, &s->doc, &e))
        s->doc = (struct twiml){.kind = TWIML_FAILED};
}

static void on_document(const struct sender_answer *answer, void *arg)
{
    struct scene *s = arg;

    s->waiting = false;
    if (s->diverted) {
        s->diverted = false;
        go_on(s);
        return;
    }
    read_document(s, answer->status / 100 == 2 ? answer->body : STR(""));
    obey(s);
}

static bool is_from_network(const struct leg *leg)
{
    return leg->direction == LEG_INBOUND && !leg_is_sip(leg->from);
}

/* What the network says of the caller; requests for a document have it, status callbacks not. */
static void add_attestation(const struct leg *leg, struct params *p)
{
    if (is_from_network(leg))
        params_add(p, "StirVerstat", STR("TN-Validation-Passed-A"));
}

static void add_call_token(const struct leg *leg, struct params *p)
{
    if (!is_from_network(leg))
        return;
    params_add(p, "CallToken",
               STR("%7B%22parentCallInfoToken%22%3A%22eyJhbGciOiJFUzI1NiJ9.e30.sig%22%2C"
                   "%22identityHeaderTokens%22%3A%5B%5D%7D"));
}

static void ask(struct scene *s)
{
    struct leg *leg = s->legs[PARENT];
    struct params p;

    if (!str_is_none(s->text)) {
        read_document(s, s->text);
        obey(s);
        return;
    }
    params_init(&p, s->a);
    leg_params(leg, &p);
    add_call_token(leg, &p);
    add_attestation(leg, &p);
    s->waiting = true;
    post_send(
        s->sim->post, &s->slip,
        &(struct letter){
            .url = s->url, .get = s->url_by_get, .params = &p, .on_answer = on_document, .arg = s});
}

// --- the acts: true when the scene goes on by itself ---------------------------------------------

static bool act_ask(struct scene *s, const struct step *step)
{
    (void)step;
    ask(s);
    return false;
}

static bool act_dial(struct scene *s, const struct step *step)
{
    struct leg *parent = s->legs[PARENT];
    struct leg *child = world_add_leg(&s->sim->world, &s->rng);
    const struct str from = str_is_empty(s->doc.caller_id) ? parent->from : s->doc.caller_id;

    (void)step;
    if (!s->doc.answer_on_bridge && parent->status < LEG_IN_PROGRESS)
        move(s, parent, LEG_IN_PROGRESS);
    child->account = s->sim->o->account;
    child->parent_sid = str_dup(parent->sid, child->a);
    child->direction = LEG_OUTBOUND_DIAL;
    child->from = str_dup(from, child->a);
    child->to = str_dup(s->doc.target, child->a);
    child->created = child->updated = now(s);
    child->callback = str_dup(s->doc.callback, child->a);
    child->events = s->doc.events;
    child->scene = s;
    if (s->doc.is_sip)
        child->sip_call_id =
            str_fmt(child->a, "%016llx@192.0.2.20", (unsigned long long)rng_u64(&s->rng));
    s->legs[CHILD] = child;
    s->timeout = s->doc.timeout;
    return true;
}

static bool act_progress(struct scene *s, const struct step *step)
{
    struct leg *leg = s->legs[step->leg], *parent = s->legs[PARENT];

    if (!leg || leg->status > step->status ||
        (leg->status == step->status && step->status != LEG_INITIATED))
        return true;
    if (step->status == LEG_IN_PROGRESS && parent->status < LEG_IN_PROGRESS && leg != parent)
        move(s, parent, LEG_IN_PROGRESS);
    move(s, leg, step->status);
    return true;
}

static bool act_record(struct scene *s, const struct step *step)
{
    if (s->doc.record) {
        s->record_dual = s->doc.record_dual;
        s->recording_source = "DialVerb";
        s->recording_callback = s->doc.recording_callback;
    }
    if ((!s->record && !s->doc.record) || s->recording)
        return true;
    s->recording = world_add_recording(&s->sim->world, s->legs[step->leg], &s->rng);
    s->recording->started = now(s);
    s->recording->dual = s->record_dual;
    s->recording->source = s->recording_source;
    return true;
}

/* Nobody who was not connected can complete; a rejection says how it shall look. */
static enum leg_status ending_of(const struct scene *s, const struct leg *leg,
                                 enum leg_status status)
{
    if (status == LEG_COMPLETED && !leg->answered)
        return LEG_CANCELED;
    return s->doc.kind == TWIML_REJECT && s->doc.busy ? LEG_BUSY : status;
}

static bool act_end(struct scene *s, const struct step *step)
{
    struct leg *leg = s->legs[step->leg];
    const struct leg *talk = s->legs[s->legs[CHILD] ? CHILD : PARENT];

    if (!leg || leg_status_is_final(leg->status))
        return true;
    const enum leg_status status = ending_of(s, leg, step->status);
    leg->sip_code = status == LEG_CANCELED ? 487 : step->sip;
    if (s->recording && s->recording->ended == TIME_NONE && leg == talk)
        s->recording->ended = now(s);
    move(s, leg, status);
    return true;
}

static void on_reported(const struct sender_answer *answer, void *arg)
{
    struct scene *s = arg;

    (void)answer; // what a Dial's action answers ends the call
    s->waiting = false;
    s->diverted = false;
    go_on(s);
}

static void add_dial_params(const struct scene *s, struct params *p)
{
    const struct leg *child = s->legs[CHILD];

    params_add(p, "DialCallStatus", str_from(leg_status_name(child->status)));
    params_add(p, "DialCallSid", child->sid);
    params_add(p, "DialBridged", child->answered ? STR("true") : STR("false"));
    if (child->answered)
        params_add_number(p, "DialCallDuration", leg_duration(child));
    if (s->recording && s->doc.record)
        params_add(p, "RecordingUrl", media_url(s));
    if (!leg_is_sip(child->to))
        return;
    params_add(p, "DialSipCallId", child->sip_call_id);
    params_add_number(p, "DialSipResponseCode", child->sip_code);
}

static bool act_report(struct scene *s, const struct step *step)
{
    struct params p;

    (void)step;
    if (!s->legs[CHILD] || str_is_none(s->doc.action))
        return true;
    params_init(&p, s->a);
    leg_params(s->legs[PARENT], &p);
    add_attestation(s->legs[PARENT], &p);
    add_dial_params(s, &p);
    s->waiting = true;
    post_send(
        s->sim->post, &s->slip,
        &(struct letter){.url = s->doc.action, .params = &p, .on_answer = on_reported, .arg = s});
    s->doc.action = STR_NONE; // told once
    return false;
}

static bool act_recorded(struct scene *s, const struct step *step)
{
    struct recording *r = s->recording;
    struct params p;

    (void)step;
    if (!r || str_is_none(s->recording_callback))
        return true;
    params_init(&p, s->a);
    params_add(&p, "AccountSid", r->leg->account);
    params_add(&p, "CallSid", r->leg->sid);
    params_add(&p, "RecordingSid", r->sid);
    params_add(&p, "RecordingUrl", media_url(s));
    params_add(&p, "RecordingStatus", STR("completed"));
    params_add_number(&p, "RecordingDuration", recording_duration(r));
    params_add_number(&p, "RecordingChannels", r->dual ? 2 : 1);
    params_add_time(&p, "RecordingStartTime", r->started);
    params_add(&p, "RecordingSource", str_from(r->source));
    params_add(&p, "RecordingTrack", STR("both"));
    post_send(s->sim->post, &s->slip, &(struct letter){.url = s->recording_callback, .params = &p});
    return true;
}

static bool (*const acts[])(struct scene *s, const struct step *step) = {
    [ACT_ASK] = act_ask,           [ACT_DIAL] = act_dial, [ACT_PROGRESS] = act_progress,
    [ACT_RECORD] = act_record,     [ACT_END] = act_end,   [ACT_REPORT] = act_report,
    [ACT_RECORDED] = act_recorded,
};
static_assert(LEN(acts) == ACT_COUNT, "every act has its function");

static void on_next(struct event *ev)
{
    struct scene *s = container_of(ev, struct scene, next);
    const struct step *step = &s->flow->steps[s->at++];

    if (acts[step->act](s, step))
        go_on(s);
}

// --- beginnings ----------------------------------------------------------------------------------

static struct scene *create(struct sim *sim, uint64_t number)
{
    struct arena *a = arena_create(SCENE_ARENA);
    struct scene *s = arena_new(a, struct scene, 1);
    struct rng dice = rng_seeded((uint64_t)sim->o->seed ^ number * UINT64_C(0x9e3779b97f4a7c15));

    s->sim = sim;
    s->a = a;
    s->rng = rng_seeded(rng_u64(&dice));
    s->slip.rng = rng_seeded(rng_u64(&dice));
    s->next.run = on_next;
    s->timeout = API_TIMEOUT;
    s->text = STR_NONE;
    s->recording_source = "StartCallRecordingAPI";
    s->record_dual = true;
    sim->n_playing++;
    return s;
}

static struct leg *add_parent(struct scene *s, enum leg_direction direction, struct str from,
                              struct str to)
{
    struct leg *leg = world_add_leg(&s->sim->world, &s->rng);

    leg->account = s->sim->o->account;
    leg->direction = direction;
    leg->from = str_dup(from, leg->a);
    leg->to = str_dup(to, leg->a);
    leg->created = leg->updated = now(s);
    leg->status = direction == LEG_INBOUND ? LEG_RINGING : LEG_QUEUED;
    if (direction == LEG_INBOUND)
        leg->started = leg->created;
    leg->scene = s;
    s->legs[PARENT] = leg;
    return leg;
}

static struct str owned_number(struct scene *s)
{
    const struct option_list *numbers = &s->sim->o->numbers;
    return numbers->items[rng_below(&s->rng, numbers->n)];
}

/* The number and the SIP domain have a URL each for calls and for their end. */
static void use_doors(struct scene *s, unsigned events)
{
    s->url = door(s, "voice-inbound");
    s->legs[PARENT]->callback = str_dup(door(s, "voice-status"), s->legs[PARENT]->a);
    s->legs[PARENT]->events = events;
    s->recording_callback = door(s, "recording-status");
}

static void begin_outside(struct scene *s)
{
    const struct person *caller = cast_pick(&s->rng);
    struct leg *leg = add_parent(s, LEG_INBOUND, caller->number, owned_number(s));

    if (rng_below(&s->rng, FORWARDED_IN) == 0)
        leg->forwarded_from = STR("+16175550199");
    if (!str_is_empty(caller->name))
        leg->caller_name = caller->name;
    use_doors(s, EVENT_COMPLETED);
}

static void begin_sip(struct scene *s, struct str dialled)
{
    const struct str user = s->sim->o->sip_user;
    const struct str domain = str_sub(user, str_find(user, '@') + 1, SIZE_MAX);
    struct leg *leg =
        add_parent(s, LEG_INBOUND, str_fmt(s->a, "sip:" STR_FMT, STR_ARG(user)),
                   str_fmt(s->a, "sip:" STR_FMT "@" STR_FMT, STR_ARG(dialled), STR_ARG(domain)));

    leg->sip_call_id = str_fmt(leg->a, "%016llx@192.0.2.10", (unsigned long long)rng_u64(&s->rng));
    use_doors(s, EVENT_COMPLETED);
}

static void begin_sip_user(struct scene *s)
{
    begin_sip(s, cast_pick_callable(&s->rng)->number);
}

static void begin_sip_code(struct scene *s)
{
    begin_sip(s, STR("*98"));
}

static void begin_api(struct scene *s)
{
    const struct person *callee = cast_pick_callable(&s->rng);

    add_parent(s, LEG_OUTBOUND_API, owned_number(s), callee->number);
    use_doors(s, EVENT_INITIATED | EVENT_RINGING | EVENT_ANSWERED | EVENT_COMPLETED);
    s->text = STR("<Response><Say>This is a reminder of your appointment.</Say></Response>");
}

void scene_start(struct sim *sim)
{
    static void (*const begin[])(struct scene * s) = {
        [FROM_OUTSIDE] = begin_outside,
        [FROM_SIP_USER] = begin_sip_user,
        [FROM_SIP_CODE] = begin_sip_code,
        [FROM_API] = begin_api,
    };
    static_assert(LEN(begin) == ORIGIN_COUNT, "every origin has a beginning");
    struct scene *s = create(sim, sim->n_started++);
    const struct story *story = flow_pick(&s->rng);

    s->record = story->recorded;
    begin[story->from](s);
    take_over(s, story->flow);
    go_on(s);
}

struct leg *scene_place(struct sim *sim, const struct scene_order *order)
{
    struct scene *s = create(sim, API_NUMBERS + sim->n_placed++);
    struct leg *leg = add_parent(s, LEG_OUTBOUND_API, order->from, order->to);

    leg->callback = str_dup(order->callback, leg->a);
    leg->events = order->events;
    leg->callback_by_get = order->callback_by_get;
    s->url = str_dup(order->url, s->a);
    s->url_by_get = order->url_by_get;
    s->text = str_dup(order->twiml, s->a);
    s->timeout = order->timeout;
    s->record = order->record;
    s->record_dual = false;
    s->recording_source = "OutboundAPI";
    s->recording_callback = str_dup(order->recording_callback, s->a);
    take_over(s, flow_of_number(leg->to, &s->rng));
    go_on(s);
    return leg;
}

// --- from outside --------------------------------------------------------------------------------

static void divert(struct scene *s, const struct flow *flow)
{
    take_over(s, flow);
    if (s->waiting)
        s->diverted = true;
    else
        go_on(s);
}

void scene_end(struct scene *s)
{
    divert(s, &flow_ended);
}

void scene_cancel(struct scene *s)
{
    divert(s, &flow_canceled);
}

void scene_redirect(struct scene *s, struct str url, struct str twiml)
{
    s->url = str_dup(url, s->a);
    s->text = str_dup(twiml, s->a);
    divert(s, &flow_redirected);
}

void scene_destroy_all(struct sim *sim)
{
    for (size_t i = 0; i < sim->world.n_legs; i++) {
        struct leg *leg = sim->world.legs[i];
        struct scene *s = leg->scene;
        if (!s || s->legs[PARENT] != leg)
            continue;
        post_drop(&s->slip);
        finish(s);
    }
}
