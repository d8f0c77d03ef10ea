#include "sandbox/twilio/url.h"

#include <curl/curl.h>

#include "base/arena.h"

// --- resolving -----------------------------------------------------------------------------------

static bool is_web(struct str url)
{
    return str_starts(url, STR("http://")) || str_starts(url, STR("https://"));
}

static bool set(CURLU *u, struct str text, struct arena *a)
{
    return curl_url_set(u, CURLUPART_URL, str_z(text, a), 0) == CURLUE_OK;
}

struct str url_resolve(struct str base, struct str reference, struct arena *a)
{
    if (str_is_empty(reference))
        return STR_NONE;
    if (is_web(reference))
        return str_dup(reference, a);

    CURLU *u = curl_url();
    char *text = NULL;
    struct str found = STR_NONE;
    if (!u)
        mem_exhausted();
    if (set(u, base, a) && set(u, reference, a) &&
        curl_url_get(u, CURLUPART_URL, &text, 0) == CURLUE_OK && is_web(str_from(text)))
        found = str_dup(str_from(text), a);
    curl_free(text);
    curl_url_cleanup(u);
    return found;
}

// --- overrides -----------------------------------------------------------------------------------

static const struct url_overrides defaults = {5000, 15000, 15000, 1, RETRY_CONNECT};

static const struct {
    struct str key;
    size_t at;
    uint64_t least, most;
} numbers[] = {
    {{"ct", 2}, offsetof(struct url_overrides, connect_ms), 100, 10000},
    {{"rt", 2}, offsetof(struct url_overrides, read_ms), 100, 15000},
    {{"tt", 2}, offsetof(struct url_overrides, total_ms), 100, 15000},
    {{"rc", 2}, offsetof(struct url_overrides, retries), 0, 5},
};

static const struct {
    struct str word;
    unsigned what;
} policies[] = {
    {{"ct", 2}, RETRY_CONNECT},
    {{"rt", 2}, RETRY_READ},
    {{"4xx", 3}, RETRY_4XX},
    {{"5xx", 3}, RETRY_5XX},
    {{"all", 3}, RETRY_CONNECT | RETRY_READ | RETRY_4XX | RETRY_5XX},
};

static unsigned policy_of(struct str words)
{
    struct str word;
    unsigned what = 0;

    while (cut_field(&words, ',', &word))
        for (size_t i = 0; i < LEN(policies); i++)
            if (str_eq(word, policies[i].word))
                what |= policies[i].what;
    return what;
}

static void read_pair(struct str key, struct str value, struct url_overrides *o)
{
    uint64_t n;

    if (str_eq(key, STR("rp")))
        o->retry_on = policy_of(value);
    for (size_t i = 0; i < LEN(numbers); i++)
        if (str_eq(key, numbers[i].key) && str_to_u64(value, &n) && n >= numbers[i].least &&
            n <= numbers[i].most)
            *(uint32_t *)(void *)((char *)o + numbers[i].at) = (uint32_t)n;
}

struct url_overrides url_cut_overrides(struct str *url)
{
    struct url_overrides o = defaults;
    const size_t at = str_find(*url, '#');
    struct str fragment = str_sub(*url, at + 1, SIZE_MAX), pair, key;

    if (at < url->n)
        *url = str_sub(*url, 0, at);
    else
        fragment = STR("");
    while (cut_field(&fragment, '&', &pair))
        if (cut_until(&pair, '=', &key))
            read_pair(key, pair, &o);
    return o;
}
