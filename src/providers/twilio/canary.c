#include "providers/twilio/canary.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/form.h"

static const struct str mark = STR("HookswitchCanary");

/* In the order in which they are signed. */
static const struct {
    const char *name, *value; /* NULL: the account */
} fields[] = {
    {"AccountSid", NULL},
    {"CallSid", "CA00000000000000000000000000000000"},
    {"CallStatus", "ringing"},
    {"HookswitchCanary", "1"},
};

bool twilio_is_canary(const struct door_visit *v)
{
    return !str_is_none(form_get(&v->fields, mark));
}

static struct str value_of(size_t i, const struct provider_account *account)
{
    return fields[i].value ? str_from(fields[i].value) : account->account;
}

static struct str sign(const struct provider_account *account, struct str url, struct arena *a)
{
    _cleanup_(hmac_destroyp) struct hmac *h = hmac_create(HMAC_SHA1, account->secret);
    unsigned char digest[SHA1_LEN];
    struct buf text;

    hmac_begin(h);
    hmac_add(h, url);
    for (size_t i = 0; i < LEN(fields); i++) {
        hmac_add(h, str_from(fields[i].name));
        hmac_add(h, value_of(i, account));
    }
    hmac_end(h, digest);
    buf_init(&text, 64);
    buf_base64(&text, digest, sizeof digest);
    const struct str signature = str_dup(buf_view(&text), a);
    buf_finish(&text);
    return signature;
}

void twilio_canary(const struct provider_account *account, struct str our_url, struct arena *a,
                   struct provider_canary *ret)
{
    struct str form = STR("");

    for (size_t i = 0; i < LEN(fields); i++)
        form = str_fmt(a, STR_FMT "%s%s=" STR_FMT, STR_ARG(form), i > 0 ? "&" : "", fields[i].name,
                       STR_ARG(value_of(i, account)));
    ret->url = str_fmt(a, STR_FMT "/webhooks/twilio/voice-status", STR_ARG(our_url));
    ret->form = form;
    ret->header = "X-Twilio-Signature";
    ret->signature = sign(account, ret->url, a);
}
