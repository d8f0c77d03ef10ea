#include "sandbox/twilio/flow.h"

#define STEPS(table) .steps = (table), .n = LEN(table)

// --- endings that our answer, or its absence, brings about ---------------------------------------

static const struct step hung_up_steps[] = {
    {ACT_PROGRESS, PARENT, LEG_IN_PROGRESS, .wait = {0, 0}},
    {ACT_END, CHILD, LEG_COMPLETED, 200, .wait = {0, 0}},
    {ACT_REPORT, .wait = {50, 150}},
    {ACT_END, PARENT, LEG_COMPLETED, 200, .wait = {100, 300}},
    {ACT_RECORDED, .wait = {1000, 3000}},
};
static const struct flow hung_up = {"hung up", STEPS(hung_up_steps)};

/* Ended through the API: nobody need have answered. */
static const struct step ended_steps[] = {
    {ACT_END, CHILD, LEG_COMPLETED, 200, .wait = {0, 0}},
    {ACT_REPORT, .wait = {50, 150}},
    {ACT_END, PARENT, LEG_COMPLETED, 200, .wait = {0, 0}},
    {ACT_RECORDED, .wait = {1000, 3000}},
};
const struct flow flow_ended = {"ended", STEPS(ended_steps)};

static const struct step canceled_steps[] = {
    {ACT_END, CHILD, LEG_CANCELED, 487, .wait = {0, 0}},
    {ACT_END, PARENT, LEG_CANCELED, 487, .wait = {0, 0}},
};
const struct flow flow_canceled = {"canceled", STEPS(canceled_steps)};

static const struct step rejected_steps[] = {
    {ACT_END, PARENT, LEG_NO_ANSWER, 404, .wait = {50, 200}},
};
static const struct flow rejected = {"rejected", STEPS(rejected_steps)};

/* No instructions: the caller hears an apology, then the call ends. */
static const struct step no_document_steps[] = {
    {ACT_PROGRESS, PARENT, LEG_IN_PROGRESS, .wait = {100, 300}},
    {ACT_END, PARENT, LEG_COMPLETED, 200, .wait = {4000, 6000}},
};
static const struct flow no_document = {"no document", STEPS(no_document_steps)};

#define OTHERWISE                                                                                  \
    [TWIML_FAILED] = &no_document, [TWIML_HANGUP] = &hung_up, [TWIML_REJECT] = &rejected

// --- two legs, connected by Dial -----------------------------------------------------------------

static const struct step answered_steps[] = {
    {ACT_ASK, .wait = {0, 0}},
    {ACT_DIAL, .wait = {50, 200}},
    {ACT_PROGRESS, CHILD, LEG_INITIATED, .wait = {20, 100}},
    {ACT_PROGRESS, CHILD, LEG_RINGING, .wait = {300, 1500}},
    {ACT_PROGRESS, CHILD, LEG_IN_PROGRESS, .wait = {2500, 14000}, .rings = true},
    {ACT_RECORD, .leg = PARENT},
    {ACT_END, CHILD, LEG_COMPLETED, 200, .wait = {14000, 75000}},
    {ACT_REPORT, .wait = {50, 150}},
    {ACT_END, PARENT, LEG_COMPLETED, 200, .wait = {100, 300}},
    {ACT_RECORDED, .wait = {1000, 4000}},
};
static const struct flow answered = {"answered", STEPS(answered_steps), {OTHERWISE}};

static const struct step no_answer_steps[] = {
    {ACT_ASK, .wait = {0, 0}},
    {ACT_DIAL, .wait = {50, 200}},
    {ACT_PROGRESS, CHILD, LEG_INITIATED, .wait = {20, 100}},
    {ACT_PROGRESS, CHILD, LEG_RINGING, .wait = {300, 1500}},
    {ACT_END, CHILD, LEG_NO_ANSWER, 487, .wait = {18000, 35000}, .rings = true},
    {ACT_REPORT, .wait = {50, 150}},
    {ACT_END, PARENT, LEG_COMPLETED, 200, .wait = {100, 300}},
};
static const struct flow no_answer = {"no answer", STEPS(no_answer_steps), {OTHERWISE}};

static const struct step busy_steps[] = {
    {ACT_ASK, .wait = {0, 0}},
    {ACT_DIAL, .wait = {50, 200}},
    {ACT_PROGRESS, CHILD, LEG_INITIATED, .wait = {20, 100}},
    {ACT_END, CHILD, LEG_BUSY, 486, .wait = {800, 3000}},
    {ACT_REPORT, .wait = {50, 150}},
    {ACT_END, PARENT, LEG_COMPLETED, 200, .wait = {1000, 4000}},
};
static const struct flow busy = {"busy", STEPS(busy_steps), {OTHERWISE}};

/* The callee looks at the phone and declines. */
static const struct step declined_steps[] = {
    {ACT_ASK, .wait = {0, 0}},
    {ACT_DIAL, .wait = {50, 200}},
    {ACT_PROGRESS, CHILD, LEG_INITIATED, .wait = {20, 100}},
    {ACT_PROGRESS, CHILD, LEG_RINGING, .wait = {300, 1500}},
    {ACT_END, CHILD, LEG_BUSY, 603, .wait = {2000, 8000}, .rings = true},
    {ACT_REPORT, .wait = {50, 150}},
    {ACT_END, PARENT, LEG_COMPLETED, 200, .wait = {500, 2000}},
};
static const struct flow declined = {"declined", STEPS(declined_steps), {OTHERWISE}};

/* The phone is not registered, or the number does not exist. */
static const struct step unreachable_steps[] = {
    {ACT_ASK, .wait = {0, 0}},
    {ACT_DIAL, .wait = {50, 200}},
    {ACT_PROGRESS, CHILD, LEG_INITIATED, .wait = {20, 100}},
    {ACT_END, CHILD, LEG_FAILED, 404, .wait = {500, 2000}},
    {ACT_REPORT, .wait = {50, 150}},
    {ACT_END, PARENT, LEG_COMPLETED, 200, .wait = {500, 2000}},
};
static const struct flow unreachable = {"unreachable", STEPS(unreachable_steps), {OTHERWISE}};

/* The caller hangs up while it rings: the parent is over before the action is asked. */
static const struct step abandoned_steps[] = {
    {ACT_ASK, .wait = {0, 0}},
    {ACT_DIAL, .wait = {50, 200}},
    {ACT_PROGRESS, CHILD, LEG_INITIATED, .wait = {20, 100}},
    {ACT_PROGRESS, CHILD, LEG_RINGING, .wait = {300, 1500}},
    {ACT_END, CHILD, LEG_CANCELED, 487, .wait = {4000, 18000}, .rings = true},
    {ACT_END, PARENT, LEG_COMPLETED, 200, .wait = {20, 100}},
    {ACT_REPORT, .wait = {20, 100}},
};
static const struct flow abandoned = {"abandoned", STEPS(abandoned_steps), {OTHERWISE}};

// --- one leg, placed through the API -------------------------------------------------------------

/* The call was answered and its document connects it to somebody. */
static const struct step connected_steps[] = {
    {ACT_DIAL, .wait = {50, 200}},
    {ACT_PROGRESS, CHILD, LEG_INITIATED, .wait = {20, 100}},
    {ACT_PROGRESS, CHILD, LEG_RINGING, .wait = {300, 1500}},
    {ACT_PROGRESS, CHILD, LEG_IN_PROGRESS, .wait = {2500, 8000}, .rings = true},
    {ACT_RECORD, .leg = PARENT},
    {ACT_END, CHILD, LEG_COMPLETED, 200, .wait = {12000, 60000}},
    {ACT_REPORT, .wait = {50, 150}},
    {ACT_END, PARENT, LEG_COMPLETED, 200, .wait = {100, 300}},
    {ACT_RECORDED, .wait = {1000, 4000}},
};
static const struct flow connected = {"connected", STEPS(connected_steps)};

static const struct step redirected_steps[] = {
    {ACT_ASK, .wait = {0, 0}},
    {ACT_END, PARENT, LEG_COMPLETED, 200, .wait = {8000, 40000}},
    {ACT_RECORDED, .wait = {1000, 4000}},
};
#define IF_ANSWERED [TWIML_FAILED] = &no_document, [TWIML_DIAL] = &connected
const struct flow flow_redirected = {"redirected", STEPS(redirected_steps), {IF_ANSWERED}};

static const struct step api_answered_steps[] = {
    {ACT_PROGRESS, PARENT, LEG_INITIATED, .wait = {100, 400}},
    {ACT_PROGRESS, PARENT, LEG_RINGING, .wait = {500, 2000}},
    {ACT_PROGRESS, PARENT, LEG_IN_PROGRESS, .wait = {2500, 10000}, .rings = true},
    {ACT_RECORD, .leg = PARENT},
    {ACT_ASK, .wait = {0, 0}},
    {ACT_END, PARENT, LEG_COMPLETED, 200, .wait = {8000, 40000}},
    {ACT_RECORDED, .wait = {1000, 4000}},
};
static const struct flow api_answered = {
    "answered by API", STEPS(api_answered_steps), {IF_ANSWERED}};

static const struct step api_no_answer_steps[] = {
    {ACT_PROGRESS, PARENT, LEG_INITIATED, .wait = {100, 400}},
    {ACT_PROGRESS, PARENT, LEG_RINGING, .wait = {500, 2000}},
    {ACT_END, PARENT, LEG_NO_ANSWER, 487, .wait = {20000, 35000}, .rings = true},
};
static const struct flow api_no_answer = {"no answer by API", STEPS(api_no_answer_steps)};

static const struct step api_busy_steps[] = {
    {ACT_PROGRESS, PARENT, LEG_INITIATED, .wait = {100, 400}},
    {ACT_PROGRESS, PARENT, LEG_RINGING, .wait = {500, 2000}},
    {ACT_END, PARENT, LEG_BUSY, 486, .wait = {500, 2000}},
};
static const struct flow api_busy = {"busy by API", STEPS(api_busy_steps)};

static const struct step api_failed_steps[] = {
    {ACT_PROGRESS, PARENT, LEG_INITIATED, .wait = {100, 400}},
    {ACT_END, PARENT, LEG_FAILED, 404, .wait = {500, 2000}},
};
static const struct flow api_failed = {"failed by API", STEPS(api_failed_steps)};

// --- the mix -------------------------------------------------------------------------------------

const struct story flow_stories[] = {
    {"inbound answered", FROM_OUTSIDE, &answered, 34, false},
    {"inbound answered and recorded", FROM_OUTSIDE, &answered, 12, true},
    {"inbound missed", FROM_OUTSIDE, &no_answer, 10, false},
    {"inbound busy", FROM_OUTSIDE, &busy, 4, false},
    {"inbound declined", FROM_OUTSIDE, &declined, 4, false},
    {"inbound abandoned", FROM_OUTSIDE, &abandoned, 7, false},
    {"inbound unreachable", FROM_OUTSIDE, &unreachable, 1, false},
    {"outbound answered", FROM_SIP_USER, &answered, 12, false},
    {"outbound answered and recorded", FROM_SIP_USER, &answered, 3, true},
    {"outbound not answered", FROM_SIP_USER, &no_answer, 3, false},
    {"outbound busy", FROM_SIP_USER, &busy, 2, false},
    {"outbound to a wrong number", FROM_SIP_USER, &unreachable, 1, false},
    {"outbound rejected", FROM_SIP_CODE, &answered, 1, false},
    {"API call answered", FROM_API, &api_answered, 4, false},
    {"API call not answered", FROM_API, &api_no_answer, 1, false},
    {"API call busy", FROM_API, &api_busy, 1, false},
};
const size_t flow_n_stories = LEN(flow_stories);

const struct story *flow_pick(struct rng *r)
{
    unsigned sum = 0;
    for (size_t i = 0; i < LEN(flow_stories); i++)
        sum += flow_stories[i].weight;

    uint64_t at = rng_below(r, sum);
    const struct story *s = flow_stories;
    while (at >= s->weight)
        at -= s++->weight;
    return s;
}

const struct flow *flow_of_number(struct str to, struct rng *r)
{
    static const struct {
        struct str number;
        const struct flow *flow;
    } fates[] = {
        {{"+12025550190", 12}, &api_answered},
        {{"+12025550191", 12}, &api_busy},
        {{"+12025550192", 12}, &api_no_answer},
        {{"+12025550193", 12}, &api_failed},
    };

    for (size_t i = 0; i < LEN(fates); i++)
        if (str_eq(to, fates[i].number))
            return fates[i].flow;
    return fates[rng_below(r, 4) > 0 ? 0 : rng_below(r, LEN(fates))].flow;
}
