#ifndef BASE_JSON_H
#define BASE_JSON_H
/*
 * JSON (RFC 8259). Writing goes straight into a buf; reading is json-c behind a strict check.
 *
 * The writer places commas itself: open, members, close. Text that is not well-formed UTF-8 is
 * written with U+FFFD for each bad byte; U+0000 becomes U+FFFD too (no database text can hold it).
 */
#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"

enum { JSON_DEPTH_MAX = 32 };

struct json_writer {
    struct buf *out;
    bool comma; /* the next value needs one in front */
    bool lossy; /* a byte was replaced since init */
};

void json_init(struct json_writer *w, struct buf *out);
void json_open_object(struct json_writer *w);
void json_close_object(struct json_writer *w);
void json_open_array(struct json_writer *w);
void json_close_array(struct json_writer *w);
void json_key(struct json_writer *w, struct str key);
/* STR_NONE is written as null, and so is a time that is TIME_NONE or out of range. */
void json_str(struct json_writer *w, struct str s);
void json_int(struct json_writer *w, int64_t v);
void json_boolean(struct json_writer *w, bool v);
void json_null(struct json_writer *w);
void json_time(struct json_writer *w, usec_t t);
/* Text that is JSON already. STR_NONE becomes null. */
void json_raw(struct json_writer *w, struct str json);

/* key and value in one */
void json_member_str(struct json_writer *w, struct str key, struct str s);
void json_member_int(struct json_writer *w, struct str key, int64_t v);
/* Ids are strings in the API: "key": "12"; null for INT_NONE. */
void json_member_id(struct json_writer *w, struct str key, int64_t id);
void json_member_bool(struct json_writer *w, struct str key, bool v);
void json_member_null(struct json_writer *w, struct str key);
void json_member_time(struct json_writer *w, struct str key, usec_t t);
void json_member_raw(struct json_writer *w, struct str key, struct str json);

struct json_object; /* json-c */
struct arena;

/* Whether the whole text is JSON: RFC 8259 to the letter, UTF-8, depth <= JSON_DEPTH_MAX. What
 * passes may be given to json_raw. */
bool json_check(struct str in, struct err *e) CHECK_RESULT;
/* Checks, then builds the tree, freed with the arena. "null" gives NULL, as json-c has it. */
bool json_parse(struct str in, struct arena *a, struct json_object **ret,
                struct err *e) CHECK_RESULT;
/* Members of an object; absent or of another kind gives STR_NONE / false. Views of the tree. */
struct str json_get_str(struct json_object *o, const char *key);
bool json_get_int(struct json_object *o, const char *key, int64_t *ret) CHECK_RESULT;
bool json_get_bool(struct json_object *o, const char *key, bool *ret) CHECK_RESULT;
struct json_object *json_get(struct json_object *o, const char *key);
/* A list's length, false for anything else; its item as text, STR_NONE when it is no text. */
bool json_list_length(struct json_object *list, size_t *ret) CHECK_RESULT;
struct str json_list_str(struct json_object *list, size_t i);

#endif
