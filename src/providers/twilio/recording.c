#include "providers/twilio/recording.h"

#include "base/arena.h"
#include "http/fetch.h"

enum {
    WAV_HEAD = 4096,        /* more than any */
    WAV_SECOND = 2 * 16000, /* two channels, 8 kHz, 16 bits */
};

#define CONNECT_TIMEOUT SECONDS(5)
#define TOTAL_TIMEOUT SECONDS(60)

static bool is_twilio(const struct http_place *p)
{
    const size_t n = sizeof ".twilio.com" - 1;

    return str_eq_nocase(p->scheme, STR("https")) && str_eq(p->port, STR("443")) && p->host.n > n &&
           str_eq_nocase(str_sub(p->host, p->host.n - n, n), STR(".twilio.com"));
}

bool twilio_recording_is_ours(struct str url, struct str base_url, struct arena *a)
{
    struct http_place asked, base;

    if (!http_place_of(url, a, &asked) || !http_place_of(base_url, a, &base))
        return false;
    return http_place_eq(&asked, &base) || (is_twilio(&asked) && is_twilio(&base));
}

struct str twilio_recording_suffix(const struct call_recording *r, size_t room)
{
    const bool fits = room > WAV_HEAD && r->duration >= 0 &&
                      r->duration <= (int64_t)((room - WAV_HEAD) / WAV_SECOND);

    return r->channels == 2 && fits ? STR(".wav") : STR(".mp3");
}

static const struct {
    int from, to; /* status */
    enum err_code as;
    const char *text, *fix;
} refusals[] = {
    {401, 401, ERR_INTEGRATION_AUTH, "Twilio refused our credentials",
     "compare TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN with those in Twilio's console"},
    {403, 403, ERR_INTEGRATION_AUTH, "Twilio does not let our account hear this recording",
     "look in Twilio's console whether the recording belongs to TWILIO_ACCOUNT_SID"},
    {404, 404, ERR_NOT_FOUND, "the recording was deleted at Twilio",
     "just after a call it may not be there yet: then try again in a moment"},
    {410, 410, ERR_NOT_FOUND, "the recording was deleted at Twilio", "it cannot be brought back"},
    {429, 429, ERR_UNAVAILABLE, "Twilio is asked too often", "try again in a moment"},
    {500, 599, ERR_UNAVAILABLE, "Twilio has troubles of its own", "try again in a moment"},
};

static bool check_status(int status, struct err *e)
{
    if (status == 200)
        return true;
    for (size_t i = 0; i < LEN(refusals); i++)
        if (status >= refusals[i].from && status <= refusals[i].to) {
            err_set(e, refusals[i].as, "%s", refusals[i].text);
            return err_fix(e, "%s", refusals[i].fix);
        }
    return err_set(e, ERR_UPSTREAM, "Twilio answered %d instead of a recording", status);
}

bool twilio_recording(const struct provider_wanted *w, struct arena *a, struct buf *audio,
                      struct str *ret_type, struct err *e)
{
    const struct str suffix = twilio_recording_suffix(w->recording, audio->max),
                     url = w->recording->url,
                     file = str_fmt(a, STR_FMT STR_FMT, STR_ARG(url), STR_ARG(suffix));
    const struct http_fetch f = {
        .peer = "Twilio",
        .url = file,
        .user = w->account->account,
        .password = w->account->secret,
        .connect_timeout = CONNECT_TIMEOUT,
        .total_timeout = TOTAL_TIMEOUT,
        .ended = w->ended,
        .on_asked = asked_note,
        .arg = w->asked,
    };
    struct http_fetched answer;

    if (str_find(url, '?') < url.n || !twilio_recording_is_ours(file, w->account->base_url, a)) {
        err_set(e, ERR_CONFLICT, "this recording is not kept at Twilio");
        return err_fix(e, "open it where it is kept");
    }
    if (!http_fetch(&f, a, audio, &answer, e))
        return err_trace(e);
    if (!check_status(answer.status, e))
        return err_trace(e);
    *ret_type = answer.type;
    return true;
}
