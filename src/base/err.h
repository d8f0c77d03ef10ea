#ifndef BASE_ERR_H
#define BASE_ERR_H
/*
 * A failure: a code for the edge, one sentence for the person who called, remedies, and the trace
 * of where it passed. What can fail returns bool, is CHECK_RESULT, and takes `struct err *e` last:
 * on false e is filled and no output was touched; on true the reverse.
 *
 * Nobody logs on the way up; the edge (request, job, connection) logs once and answers.
 */
#include "base/str.h"

/* code, HTTP status, name in the API */
#define ERR_CODES(X)                                                                               \
    X(INVALID, 400, "INVALID_REQUEST")                                                             \
    X(UNAUTHORIZED, 401, "UNAUTHORIZED")                                                           \
    X(FORBIDDEN, 403, "FORBIDDEN")                                                                 \
    X(NOT_FOUND, 404, "NOT_FOUND")                                                                 \
    X(METHOD, 405, "METHOD_NOT_ALLOWED")                                                           \
    X(TIMEOUT, 408, "TIMEOUT")                                                                     \
    X(CONFLICT, 409, "CONFLICT")                                                                   \
    X(LIMIT, 413, "LIMIT_EXCEEDED")                                                                \
    X(UNSUPPORTED, 415, "UNSUPPORTED_MEDIA_TYPE")                                                  \
    X(UPGRADE, 426, "UPGRADE_REQUIRED")                                                            \
    X(EXPECTATION, 417, "EXPECTATION_FAILED")                                                      \
    X(RATE, 429, "RATE_LIMITED")                                                                   \
    X(INTERNAL, 500, "INTERNAL_ERROR")                                                             \
    X(NOT_IMPLEMENTED, 501, "NOT_IMPLEMENTED")                                                     \
    X(HTTP_VERSION, 505, "HTTP_VERSION_NOT_SUPPORTED")                                             \
    X(UPSTREAM, 502, "UPSTREAM_FAILED")                                                            \
    X(UNAVAILABLE, 503, "SERVICE_UNAVAILABLE")                                                     \
    X(SIP_CONNECT, 502, "SIP_CONNECT_FAILED")                                                      \
    X(TEST_CALL, 502, "TEST_CALL_FAILED")                                                          \
    X(LOW_CONFIDENCE, 422, "STT_LOW_CONFIDENCE")                                                   \
    X(INTEGRATION_AUTH, 502, "INTEGRATION_AUTH_FAILED")                                            \
    X(INTEGRATION_TIMEOUT, 504, "INTEGRATION_TIMEOUT")                                             \
    X(MESSAGE_PROVIDER, 503, "MESSAGE_PROVIDER_DOWN")                                              \
    X(BUDGET, 402, "BUDGET_LIMIT_REACHED")

enum err_code {
    ERR_NONE = 0,
#define X(code, status, name) ERR_##code,
    ERR_CODES(X)
#undef X
        ERR_CODE_COUNT
};

enum { ERR_TEXT_MAX = 256, ERR_FIX_MAX = 192, ERR_FIXES = 4, ERR_TRACE = 10 };

/* What is told to people is told in their language; logs and traces are in English. */
enum err_language { ERR_ENGLISH, ERR_RUSSIAN };

/* The same in Russian, which takes two bytes for a letter. Empty: it has not been translated. */
struct err_russian {
    char text[2 * ERR_TEXT_MAX];
    char fix[ERR_FIXES][2 * ERR_FIX_MAX];
};

struct err_place {
    const char *file, *function;
    int line;
};

struct err {
    enum err_code code;
    char text[ERR_TEXT_MAX];          /* one sentence: names the field and the limit */
    char fix[ERR_FIXES][ERR_FIX_MAX]; /* remedies, in order */
    size_t n_fix;
    struct err_russian russian;
    int64_t retry_after;               /* seconds until the same may work; 0: nobody knows */
    struct err_place trace[ERR_TRACE]; /* innermost first */
    size_t n_trace;
};

/* All three return false, so that they can be returned. err_fix comes after err_set. */
#define err_set(e, code, ...)                                                                      \
    err_failed(err_set_at((e), __FILE__, __func__, __LINE__, (code), __VA_ARGS__))
#define err_trace(e) err_failed(err_trace_at((e), __FILE__, __func__, __LINE__))
#define err_fix(e, ...) err_failed(err_fix_add((e), __VA_ARGS__))

bool err_fix_add(struct err *e, const char *format, ...) PRINTF_LIKE(2, 3);

bool err_set_at(struct err *e, const char *file, const char *function, int line, enum err_code code,
                const char *format, ...) PRINTF_LIKE(6, 7);
bool err_trace_at(struct err *e, const char *file, const char *function, int line);

/* Says false where the compiler can see it, so that it follows the straight path alone. */
static inline bool err_failed(bool failed)
{
    (void)failed;
    return false;
}

/* The same may work after so many microseconds; the edge tells it. After err_set; returns false. */
bool err_later(struct err *e, int64_t wait);

void err_clear(struct err *e);

/* What a person is told: the sentence, and the i-th remedy, of err_remedies(). Where nobody said
 * more, or not in this language, it is what holds for every failure with this code. */
const char *err_text(const struct err *e, enum err_language l);
size_t err_remedies(const struct err *e);
const char *err_remedy(const struct err *e, size_t i, enum err_language l);
/* A sentence that is no failure, or its printf format; as it is where it is not translated. */
const char *err_sentence(const char *english, enum err_language l) FORMAT_OF(1);
/* "INVALID_REQUEST" and so on; the HTTP status that the edge answers with. */
const char *err_code_name(enum err_code code);
int err_code_status(enum err_code code);
/* ERR_NONE: there is none of that name. */
enum err_code err_code_named(struct str name);
/* Not now, but perhaps in a moment, with nothing changed. */
static inline bool err_may_pass(enum err_code code)
{
    return code == ERR_UNAVAILABLE || code == ERR_INTEGRATION_TIMEOUT;
}
/* The trace, innermost first: "call_place calls/place.c:58 < create api/calls.c:31" into dst,
 * cut to n bytes, zero-terminated. */
void err_trace_format(const struct err *e, char *dst, size_t n);

#endif
