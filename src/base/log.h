#ifndef BASE_LOG_H
#define BASE_LOG_H
/*
 * Structured logs: a stable event name, then key=value. Each request, call or job has a log of
 * its own, whose id stands on every line. Secrets and personal data are never logged.
 *
 * One line per record on stderr: logfmt (ts=… level=… event=… trace_id=… key=value), or the same
 * members as a JSON object when so configured. The format is walked member by member, so an
 * argument can neither break a line nor forge a member.
 */
#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

struct log {
    struct str id; /* borrowed; the trace id; may be none */
};

/* Process-wide, once at start. */
void log_configure(enum log_level least, enum log_format format);
bool log_enabled(enum log_level level);
/* "debug", "info", "warn", "error"; "logfmt", "json". */
bool log_level_parse(struct str s, enum log_level *ret) CHECK_RESULT;
bool log_format_parse(struct str s, enum log_format *ret) CHECK_RESULT;

void log_write(const struct log *lg, enum log_level level, const char *event, const char *format,
               ...) PRINTF_LIKE(4, 5);
/* The edge's one line for a failure: code, text, trace. */
void log_failure(const struct log *lg, enum log_level level, const char *event,
                 const struct err *e);

/* lg may be NULL. The format may be "" for no members. "key=value" pairs with blanks between; a
 * value whose literal part has blanks stands in quotes: text=\"…\". Arguments are quoted as needed.
 * Known conversions: c d f g i p s u x; flags and width are ignored. */
#define log_error(lg, event, ...) log_write((lg), LOG_ERROR, (event), __VA_ARGS__)
#define log_warn(lg, event, ...) log_write((lg), LOG_WARN, (event), __VA_ARGS__)
#define log_info(lg, event, ...) log_write((lg), LOG_INFO, (event), __VA_ARGS__)
#define log_debug(lg, event, ...) log_write((lg), LOG_DEBUG, (event), __VA_ARGS__)

#endif
