/*
 * Is it news?
 *
 * The provider is asked about thousands of calls that are as we know them, again and again. Its
 * answer always differs in something: it is of a higher authority than a webhook, it rounds times
 * otherwise, it knows how long the call was queued. If that were written, every call would be
 * written once for each run, and the log would be full of lines that say nothing. So only what
 * somebody who looks at the call would see counts; when there is such a thing, all of the answer is
 * joined.
 *
 * An answer that is left out is in neither log nor snapshot, so that the one still folds to the
 * other.
 */
#include "calls/fold.h"

#include "reconcile/internal.h"

#define TIME_TOLERANCE SECONDS(15)

bool reconcile_time_moved(usec_t before, usec_t after)
{
    if (before == TIME_NONE || after == TIME_NONE)
        return before != after;
    return before - after > TIME_TOLERANCE || after - before > TIME_TOLERANCE;
}

static bool text_moved(struct str before, struct str after)
{
    return str_is_none(before) != str_is_none(after) || !str_eq(before, after);
}

size_t reconcile_recordings(const struct call_fold *f)
{
    size_t n = 0;

    for (size_t i = 0; i < f->n_recordings; i++)
        n +=
            str_eq(f->recordings[i].status, STR("completed")) && !str_is_none(f->recordings[i].url);
    return n;
}

static bool call_is_new(const struct call *before, const struct call *after)
{
    return after->fold->known && !before->fold->known;
}

static bool status_drifted(const struct call *before, const struct call *after)
{
    return before->status != after->status;
}

static bool duration_drifted(const struct call *before, const struct call *after)
{
    return before->duration != after->duration;
}

static bool price_drifted(const struct call *before, const struct call *after)
{
    return before->price != after->price;
}

static bool recording_drifted(const struct call *before, const struct call *after)
{
    return reconcile_recordings(before->fold) != reconcile_recordings(after->fold);
}

static bool time_drifted(const struct call *before, const struct call *after)
{
    // When the status has moved as well, its time moves with it: no news of its own.
    return reconcile_time_moved(before->start_time, after->start_time) ||
           (before->status == after->status &&
            reconcile_time_moved(before->end_time, after->end_time));
}

static bool parties_drifted(const struct call *before, const struct call *after)
{
    return before->direction != after->direction ||
           text_moved(before->from_e164, after->from_e164) ||
           text_moved(before->to_e164, after->to_e164) ||
           text_moved(before->parent_call_sid, after->parent_call_sid);
}

static const struct {
    enum reconcile_count kind;
    bool (*drifted)(const struct call *before, const struct call *after);
} kinds[] = {
    {RECONCILE_DRIFT_STATUS, status_drifted}, {RECONCILE_DRIFT_DURATION, duration_drifted},
    {RECONCILE_DRIFT_PRICE, price_drifted},   {RECONCILE_DRIFT_RECORDING, recording_drifted},
    {RECONCILE_DRIFT_TIME, time_drifted},     {RECONCILE_DRIFT_PARTIES, parties_drifted},
};

unsigned reconcile_drift(const struct call *before, const struct call *after)
{
    unsigned drift = 0;

    if (call_is_new(before, after))
        return 1u << RECONCILE_DRIFT_CALL;
    for (size_t i = 0; i < LEN(kinds); i++)
        if (kinds[i].drifted(before, after))
            drift |= 1u << kinds[i].kind;
    return drift;
}

static const struct str names[] = {
    [RECONCILE_REQUESTS] = STR("requests"),
    [RECONCILE_REFUSED] = STR("refused"),
    [RECONCILE_CHECKED] = STR("checked"),
    [RECONCILE_SYNCED] = STR("synced"),
    [RECONCILE_SKIPPED] = STR("skipped"),
    [RECONCILE_UNKNOWN] = STR("unknown"),
    [RECONCILE_UNANSWERED] = STR("unanswered"),
    [RECONCILE_LEFT] = STR("left"),
    [RECONCILE_UNKEPT] = STR("unkept"),
    [RECONCILE_DRIFT_CALL] = STR("drift.call"),
    [RECONCILE_DRIFT_STATUS] = STR("drift.status"),
    [RECONCILE_DRIFT_DURATION] = STR("drift.duration"),
    [RECONCILE_DRIFT_PRICE] = STR("drift.price"),
    [RECONCILE_DRIFT_RECORDING] = STR("drift.recording"),
    [RECONCILE_DRIFT_TIME] = STR("drift.time"),
    [RECONCILE_DRIFT_PARTIES] = STR("drift.parties"),
};
static_assert(LEN(names) == RECONCILE_COUNT_COUNT, "everything that is counted has a name");

struct str reconcile_count_name(enum reconcile_count c)
{
    return names[c];
}

bool reconcile_counts_mended(enum reconcile_count c)
{
    return c == RECONCILE_SYNCED || c >= RECONCILE_DRIFT_CALL;
}
