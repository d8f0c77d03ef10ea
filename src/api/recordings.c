/* Recordings of calls, fetched for those who have no account at the provider. */
#include "providers/recordings.h"

#include "api/request.h"

enum { SID_MAX = 100 };

/* Fetched beside rq->out: a thread would keep so much for good. */
static bool show(struct req *rq, struct err *e)
{
    const struct str sid = req_param(rq, STR("sid"));
    _cleanup_(buf_finish) struct buf bytes = {.max = rq->out->max};
    struct call_audio audio;
    struct str type;
    bool found;

    if (sid.n > SID_MAX)
        return req_not_found(e);
    if (!call_audio_find(READER(rq), sid, rq->a, &audio, &found, e))
        return err_trace(e);
    if (!found)
        return req_not_found(e);
    if (str_is_none(audio.recording.url))
        return err_set(e, ERR_NOT_FOUND, "this call has no recording");

    const struct recordings_wanted wanted = {rq->actor.project, audio.provider, &audio.recording};
    if (!recordings_fetch(rq->app->recordings, &wanted, rq->a, &bytes, &type, e)) {
        if (e->code == ERR_LIMIT)
            err_fix(e, "open the recording at the provider");
        return err_trace(e);
    }
    reply_bytes(rq, type, buf_view(&bytes));
    return true;
}

static const struct route routes[] = {
    {HTTP_GET, "/api/calls/:sid/recording", show, NEEDS(RECORDINGS_READ)},
};

const struct resource api_recordings = {"recordings", routes, LEN(routes)};
