#include "http/fetch.h"

#include <curl/curl.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/fault.h"

enum { REDIRECTS_MAX = 3, RETRY_AFTER_MAX = 24 * 3600, POLL_MS = 100 };

bool http_fetch_init(struct err *e)
{
    if (FAULT("fetch.init") || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(e, ERR_INTERNAL, "libcurl cannot be initialised");
    return true;
}

// --- places --------------------------------------------------------------------------------------

DEFINE_CLEANUP(CURLU, curl_url_cleanup)

static bool has_part(CURLU *u, CURLUPart part)
{
    char *text = NULL;
    const bool has = curl_url_get(u, part, &text, 0) == CURLUE_OK;

    curl_free(text);
    return has;
}

static bool part_of(CURLU *u, CURLUPart part, struct arena *a, struct str *ret)
{
    char *text = NULL;

    if (curl_url_get(u, part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK)
        return false;
    *ret = str_dup(str_from(text), a);
    curl_free(text);
    return true;
}

bool http_place_of(struct str url, struct arena *a, struct http_place *ret)
{
    _cleanup_(curl_url_cleanupp) CURLU *u = curl_url();
    struct http_place place;

    if (!u)
        mem_exhausted();
    if (memchr(url.p, '\0', url.n) || curl_url_set(u, CURLUPART_URL, str_z(url, a), 0) != CURLUE_OK)
        return false;
    if (has_part(u, CURLUPART_USER) || has_part(u, CURLUPART_PASSWORD) ||
        has_part(u, CURLUPART_FRAGMENT))
        return false;
    if (!part_of(u, CURLUPART_SCHEME, a, &place.scheme) ||
        !part_of(u, CURLUPART_HOST, a, &place.host) || !part_of(u, CURLUPART_PORT, a, &place.port))
        return false;
    if (!str_eq_nocase(place.scheme, STR("https")) && !str_eq_nocase(place.scheme, STR("http")))
        return false;
    *ret = place;
    return true;
}

bool http_place_eq(const struct http_place *x, const struct http_place *y)
{
    return str_eq_nocase(x->scheme, y->scheme) && str_eq_nocase(x->host, y->host) &&
           str_eq(x->port, y->port);
}

// --- one fetch -----------------------------------------------------------------------------------

DEFINE_CLEANUP(CURL, curl_easy_cleanup)

static size_t on_body(char *p, size_t size, size_t n, void *arg)
{
    struct buf *body = arg;

    buf_str(body, (struct str){p, size * n});
    return buf_ok(body) ? size * n : 0;
}

/* Other than zero ends the transfer. */
static int on_progress(void *arg, curl_off_t to_come, curl_off_t come, curl_off_t to_go,
                       curl_off_t gone)
{
    const _Atomic bool *ended = arg;

    (void)to_come, (void)come, (void)to_go, (void)gone;
    return ended && atomic_load_explicit(ended, memory_order_relaxed);
}

static void free_list(void *list)
{
    curl_slist_free_all(list);
}

static bool set_headers(CURL *easy, const struct http_fetch *f, struct arena *a)
{
    struct curl_slist *list = NULL;

    for (size_t i = 0; i < f->n_headers; i++) {
        const struct http_header *h = &f->headers[i];
        const struct str line =
            str_fmt(a, STR_FMT ": " STR_FMT, STR_ARG(h->name), STR_ARG(h->value));
        struct curl_slist *longer = curl_slist_append(list, str_z(line, a));
        if (!longer)
            mem_exhausted();
        list = longer;
    }
    arena_defer(a, free_list, list);
    return curl_easy_setopt(easy, CURLOPT_HTTPHEADER, list) == CURLE_OK;
}

/* CURLOPT_UNRESTRICTED_AUTH stays off: that is what keeps the password from other hosts. */
static bool set_up(CURL *easy, const struct http_fetch *f, struct arena *a, struct buf *body)
{
    const char *protocols = str_starts(f->url, STR("https:")) ? "https" : "http,https";
    unsigned bad = FAULT("fetch.option");

    bad |= curl_easy_setopt(easy, CURLOPT_URL, str_z(f->url, a));
    if (f->post) { // any bytes; they are the caller's until there is an answer
        bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)f->form.n);
        bad |= curl_easy_setopt(easy, CURLOPT_POSTFIELDS, f->form.n > 0 ? f->form.p : "");
    }
    if (f->n_headers > 0)
        bad |= !set_headers(easy, f, a);
    bad |= curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
    bad |= curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, protocols);
    bad |= curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, f->stays ? 0L : 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_MAXREDIRS, (long)REDIRECTS_MAX);
    bad |= curl_easy_setopt(easy, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
    if (f->password) {
        bad |= curl_easy_setopt(easy, CURLOPT_USERNAME, str_z(f->user, a));
        bad |= curl_easy_setopt(easy, CURLOPT_PASSWORD, str_z(secret_reveal(f->password), a));
    }
    bad |= curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    // Without it a deadline waits for the thread that asks a silent name server.
    bad |= curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    bad |= curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            (long)(f->connect_timeout / MILLISECONDS(1)));
    bad |= curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)(f->total_timeout / MILLISECONDS(1)));
    bad |= curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)(body->max - body->n));
    bad |= curl_easy_setopt(easy, CURLOPT_USERAGENT, "hookswitch");
    bad |= curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    bad |= curl_easy_setopt(easy, CURLOPT_WRITEDATA, body);
    bad |= curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    bad |= curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, on_progress);
    bad |= curl_easy_setopt(easy, CURLOPT_XFERINFODATA, (void *)(uintptr_t)f->ended);
    return bad == 0;
}

static const struct failure {
    CURLcode code;
    enum err_code as;
    const char *text; /* behind the peer's name */
    long found;       /* what OpenSSL says of the certificate; 0: anything */
} failures[] = {
    {CURLE_COULDNT_RESOLVE_HOST, ERR_UNAVAILABLE, "cannot be reached: its name has no address", 0},
    {CURLE_COULDNT_RESOLVE_PROXY, ERR_UNAVAILABLE, "cannot be reached: the proxy has no address",
     0},
    {CURLE_COULDNT_CONNECT, ERR_UNAVAILABLE, "cannot be reached: no connection", 0},
    {CURLE_SSL_CONNECT_ERROR, ERR_UNAVAILABLE, "cannot be reached: the TLS handshake failed", 0},
    {CURLE_OPERATION_TIMEDOUT, ERR_INTEGRATION_TIMEOUT, "did not answer in time", 0},
    {CURLE_GOT_NOTHING, ERR_UNAVAILABLE, "closed the connection without an answer", 0},
    {CURLE_RECV_ERROR, ERR_UNAVAILABLE, "broke the connection off", 0},
    {CURLE_PARTIAL_FILE, ERR_UNAVAILABLE, "broke the connection off", 0},
    {CURLE_ABORTED_BY_CALLBACK, ERR_UNAVAILABLE, "was not waited for: the server is stopping", 0},
    {CURLE_FILESIZE_EXCEEDED, ERR_LIMIT, "sent more than fits here", 0},
    {CURLE_WRITE_ERROR, ERR_LIMIT, "sent more than fits here", 0},
    {CURLE_TOO_MANY_REDIRECTS, ERR_UPSTREAM, "sent us from one address to the next", 0},
    {CURLE_UNSUPPORTED_PROTOCOL, ERR_UPSTREAM, "sent us to an address that is not safe", 0},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_UPSTREAM, "showed a certificate that is not valid yet",
     X509_V_ERR_CERT_NOT_YET_VALID},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_UPSTREAM, "showed a certificate that has expired",
     X509_V_ERR_CERT_HAS_EXPIRED},
    {CURLE_PEER_FAILED_VERIFICATION, ERR_UPSTREAM, "showed a certificate that is not its own", 0},
};

static bool fail(CURL *easy, const struct http_fetch *f, CURLcode code, const struct buf *body,
                 struct err *e)
{
    long found = X509_V_OK;

    (void)curl_easy_getinfo(easy, CURLINFO_SSL_VERIFYRESULT,
                            &found); // stays as it is when it fails
    for (size_t i = 0; i < LEN(failures); i++) {
        if (failures[i].code != code || (failures[i].found && failures[i].found != found))
            continue;
        err_set(e, failures[i].as, "%s %s", f->peer, failures[i].text);
        if (err_may_pass(failures[i].as))
            err_fix(e, "try again in a moment");
        if (failures[i].as == ERR_LIMIT)
            err_fix(e, "at most %zu MB fit", body->max / (1024 * 1024));
        if (failures[i].found)
            err_fix(e, "look whether this machine's clock is right");
        return false;
    }
    return err_set(e, ERR_UPSTREAM, "%s could not be asked: %s", f->peer, curl_easy_strerror(code));
}

static void read_head(CURL *easy, struct arena *a, struct http_fetched *ret)
{
    curl_off_t retry_after = 0, took = 0;
    char *type = NULL;
    long status = 0;

    // They stay as they are when it fails.
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    (void)curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &retry_after);
    (void)curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &took);
    *ret = (struct http_fetched){.status = (int)status,
                                 .took = took,
                                 .type = str_dup(str_from(type), a),
                                 .retry_after = retry_after < RETRY_AFTER_MAX
                                                    ? SECONDS(retry_after)
                                                    : SECONDS(RETRY_AFTER_MAX)};
}

static void tell(CURL *easy, const struct http_fetch *f, CURLcode code)
{
    struct http_outcome o = {.late = code == CURLE_OPERATION_TIMEDOUT};
    curl_off_t took = 0;
    long status = 0;

    if (!f->on_asked)
        return;
    // They stay as they are when it fails.
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(easy, CURLINFO_TOTAL_TIME_T, &took);
    o.status = code == CURLE_OK ? (int)status : 0;
    o.took = took;
    f->on_asked(&o, f->arg);
}

bool http_fetch(const struct http_fetch *f, struct arena *a, struct buf *body,
                struct http_fetched *ret, struct err *e)
{
    _cleanup_(curl_easy_cleanupp) CURL *easy = FAULT("fetch.start") ? NULL : curl_easy_init();

    if (!easy || !set_up(easy, f, a, body))
        return err_set(e, ERR_INTERNAL, "libcurl cannot prepare a request to %s", f->peer);
    const CURLcode code = FAULT("fetch.connect") ? CURLE_COULDNT_CONNECT : curl_easy_perform(easy);
    tell(easy, f, code);
    if (code != CURLE_OK)
        return fail(easy, f, code, body, e);
    read_head(easy, a, ret);
    return true;
}

// --- many ----------------------------------------------------------------------------------------

struct http_line {
    CURLM *multi;
};

bool http_line_open(size_t at_once, struct http_line **ret, struct err *e)
{
    CURLM *multi = FAULT("fetch.line") ? NULL : curl_multi_init();

    if (!multi || curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, (long)at_once) ||
        curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)at_once)) {
        (void)curl_multi_cleanup(multi); // there is nothing in it
        return err_set(e, ERR_INTERNAL, "libcurl cannot be prepared for several requests");
    }
    *ret = NEW(struct http_line);
    (*ret)->multi = multi;
    return true;
}

void http_line_close(struct http_line *l)
{
    if (!l)
        return;
    (void)curl_multi_cleanup(l->multi); // no transfer is in it
    free(l);
}

/* NULL: it has failed, and says why. */
static CURL *send_out(struct http_line *l, struct http_errand *errand, struct arena *a)
{
    CURL *easy = FAULT("fetch.start") ? NULL : curl_easy_init();

    errand->ok = false;
    if (easy && set_up(easy, &errand->fetch, a, &errand->body) &&
        curl_easy_setopt(easy, CURLOPT_PRIVATE, errand) == CURLE_OK &&
        curl_multi_add_handle(l->multi, easy) == CURLM_OK)
        return easy;
    curl_easy_cleanup(easy);
    err_set(&errand->e, ERR_INTERNAL, "libcurl cannot prepare a request to %s", errand->fetch.peer);
    return NULL;
}

static void take_ended(struct http_line *l, struct arena *a)
{
    const struct CURLMsg *msg;
    int left;

    while ((msg = curl_multi_info_read(l->multi, &left))) {
        struct http_errand *errand = NULL;

        (void)curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&errand);
        assert(errand && msg->msg == CURLMSG_DONE);
        const CURLcode code = FAULT("fetch.connect") ? CURLE_COULDNT_CONNECT : msg->data.result;
        errand->ok = code == CURLE_OK;
        tell(msg->easy_handle, &errand->fetch, code);
        if (errand->ok)
            read_head(msg->easy_handle, a, &errand->answer);
        else
            fail(msg->easy_handle, &errand->fetch, code, &errand->body, &errand->e);
    }
}

/* What libcurl could not carry on with has failed as well. */
static void call_off(struct http_errand *errands, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!errands[i].ok && errands[i].e.code == ERR_NONE)
            err_set(&errands[i].e, ERR_INTERNAL, "libcurl has broken off a request to %s",
                    errands[i].fetch.peer);
}

void http_line_fetch(struct http_line *l, struct http_errand *errands, size_t n, struct arena *a)
{
    CURL **easies = arena_new(a, CURL *, n);
    CURLMcode code = CURLM_OK;
    int running = 1;

    for (size_t i = 0; i < n; i++)
        easies[i] = send_out(l, &errands[i], a);
    while (running > 0 && code == CURLM_OK) {
        code = curl_multi_perform(l->multi, &running);
        take_ended(l, a);
        if (running > 0 && code == CURLM_OK)
            code = curl_multi_poll(l->multi, NULL, 0, POLL_MS, NULL);
    }
    for (size_t i = 0; i < n; i++) {
        if (easies[i])
            (void)curl_multi_remove_handle(l->multi, easies[i]); // it was added
        curl_easy_cleanup(easies[i]);
    }
    call_off(errands, n);
}
