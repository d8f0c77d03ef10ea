/* Which canary of several nodes says how the way in is. */
#include "api/canary.h"

#include "test/test.h"

#define NODE(silent_, at_, us_)                                                                    \
    {                                                                                              \
        .silent = (silent_), .canary_at = (at_), .canary_us = (us_)                                \
    }
#define LOST INT_NONE
#define GONE (NODE_SILENT + 1)

static const struct {
    const char *label;
    struct node nodes[3];
    int want; /* which of them; -1: none */
} rows[] = {
    {"none has sent any", {NODE(0, TIME_NONE, LOST), NODE(0, TIME_NONE, LOST)}, -1},
    {"the latest", {NODE(0, 5, 10), NODE(0, 7, 10), NODE(0, 6, 10)}, 1},
    {"one that was lost, though another came through since", {NODE(0, 5, LOST), NODE(0, 7, 10)}, 0},
    {"the latest that was lost", {NODE(0, 5, LOST), NODE(0, 7, 10), NODE(0, 6, LOST)}, 2},
    {"not that of a node that has gone", {NODE(GONE, 9, LOST), NODE(0, 7, 10)}, 1},
};

static void what_was_lost_is_told_before_what_came_through(void **state)
{
    (void)state;
    FOR_EACH_ROW (row, rows) {
        size_t n = 0;
        while (n < LEN(row->nodes) && row->nodes[n].canary_at != 0)
            n++;
        const struct node *got = canary_of(row->nodes, n);
        assert_row(got == (row->want < 0 ? NULL : &row->nodes[row->want]), row->label);
    }
}

TEST_MAIN(cmocka_unit_test(what_was_lost_is_told_before_what_came_through))
