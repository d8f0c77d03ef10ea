#include "sandbox/twilio/flow.h"

#include "test/test.h"

/* Where the legs of a flow stand while its steps are walked. */
struct walk {
    bool asked, dialled, recording;
    enum leg_status legs[LEG_ROLE_COUNT];
    unsigned ends[LEG_ROLE_COUNT];
};

static void take(struct walk *w, const struct flow *flow, const struct step *step)
{
    assert_row(step->wait.least <= step->wait.most, flow->name);
    switch (step->act) {
    case ACT_ASK:
        w->asked = true;
        break;
    case ACT_DIAL:
        assert_row(!w->dialled, flow->name);
        w->dialled = true;
        break;
    case ACT_PROGRESS:
        assert_row(step->status > w->legs[step->leg], flow->name);
        assert_row(!leg_status_is_final(step->status), flow->name);
        w->legs[step->leg] = step->status;
        break;
    case ACT_RECORD:
        w->recording = true;
        break;
    case ACT_END:
        assert_row(leg_status_is_final(step->status), flow->name);
        assert_row((step->status == LEG_COMPLETED) == (step->sip == 200), flow->name);
        w->ends[step->leg]++;
        break;
    case ACT_REPORT:
        assert_row(w->ends[CHILD] == 1, flow->name);
        break;
    case ACT_RECORDED:
        w->recording = false;
        break;
    case ACT_COUNT:
        fail();
    }
}

/* Every leg that it brings about ends once, in order; what is recorded becomes ready. */
static void check(const struct flow *flow, bool dialled)
{
    struct walk w = {.dialled = dialled};

    for (size_t i = 0; i < flow->n; i++)
        take(&w, flow, &flow->steps[i]);
    assert_row(w.ends[PARENT] == 1, flow->name);
    assert_row(!w.dialled || w.ends[CHILD] == 1, flow->name);
    assert_row(!w.recording, flow->name);
}

static void check_with_continuations(const struct flow *flow)
{
    check(flow, false);
    for (size_t kind = 0; kind < TWIML_KIND_COUNT; kind++)
        if (flow->on[kind])
            check(flow->on[kind], false);
}

static bool dials(const struct flow *flow)
{
    for (size_t i = 0; i < flow->n; i++)
        if (flow->steps[i].act == ACT_DIAL)
            return true;
    return false;
}

static void every_flow_ends_every_leg_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < flow_n_stories; i++)
        check_with_continuations(flow_stories[i].flow);
    check(&flow_ended, true);
    check(&flow_canceled, true);
    check_with_continuations(&flow_redirected);
}

/* A flow that goes on to dial says where the other answers lead. */
static void every_answer_leads_somewhere(void **state)
{
    (void)state;
    for (size_t i = 0; i < flow_n_stories; i++) {
        const struct flow *flow = flow_stories[i].flow;
        if (!dials(flow))
            continue;
        assert_row(flow->on[TWIML_FAILED] && flow->on[TWIML_HANGUP] && flow->on[TWIML_REJECT],
                   flow->name);
        assert_row(!flow->on[TWIML_DIAL], flow->name);
    }
}

static void every_story_is_picked(void **state)
{
    struct rng r = rng_seeded(1);
    unsigned seen[64] = {0};

    (void)state;
    assert_true(flow_n_stories <= LEN(seen));
    for (int i = 0; i < 10000; i++)
        seen[flow_pick(&r) - flow_stories]++;
    for (size_t i = 0; i < flow_n_stories; i++)
        assert_row(seen[i] > 0, flow_stories[i].name);
}

static void some_numbers_always_fare_the_same(void **state)
{
    struct rng r = rng_seeded(1);
    const struct flow *busy = flow_of_number(STR("+12025550191"), &r);

    (void)state;
    for (int i = 0; i < 100; i++)
        assert_ptr_equal(flow_of_number(STR("+12025550191"), &r), busy);
    assert_ptr_not_equal(flow_of_number(STR("+12025550190"), &r), busy);
}

TEST_MAIN(cmocka_unit_test(every_flow_ends_every_leg_once),
          cmocka_unit_test(every_answer_leads_somewhere), cmocka_unit_test(every_story_is_picked),
          cmocka_unit_test(some_numbers_always_fare_the_same))
