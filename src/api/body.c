#include "api/body.h"

#include <json-c/json.h>

#include "base/buf.h"

enum { TEXT_MAX = 200, WORDS_MAX = 64, OBJECT_MAX = 2000 };

static const struct body_field *find(const struct body_field *fields, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(fields[i].name, name) == 0)
            return &fields[i];
    return NULL;
}

// --- one kind each -------------------------------------------------------------------------------

static bool has_zero(struct str s)
{
    return str_contains(s, (struct str){"", 1});
}

static bool take_text(const struct body_field *f, struct json_object *v, struct str *out,
                      struct arena *a, struct err *e)
{
    const size_t max = f->max ? f->max : TEXT_MAX;

    if (v && !json_object_is_type(v, json_type_string))
        return err_set(e, ERR_INVALID, "%s: a text expected", f->name);
    struct str text =
        v ? (struct str){json_object_get_string(v), (size_t)json_object_get_string_len(v)}
          : STR_NONE;
    if (f->kind == BODY_TEXT && v)
        text = str_trim(text);
    if (text.n > max)
        return err_set(e, ERR_INVALID, "%s: at most %zu bytes expected", f->name, max);
    if (f->required && str_is_empty(text))
        return err_set(e, ERR_INVALID, "%s: something expected", f->name);
    if (has_zero(text))
        return err_set(e, ERR_INVALID, "%s: a text without zero bytes expected", f->name);
    *out = v ? str_dup(text, a) : STR_NONE;
    return true;
}

static bool take_id(const struct body_field *f, struct json_object *v, int64_t *out, struct err *e)
{
    int64_t id = INT_NONE;

    if (v && json_object_is_type(v, json_type_int))
        id = json_object_get_int64(v);
    else if (v && (!json_object_is_type(v, json_type_string) ||
                   !str_to_i64(str_from(json_object_get_string(v)), &id)))
        return err_set(e, ERR_INVALID, "%s: an id expected", f->name);
    if ((v && id <= 0) || (!v && f->required))
        return err_set(e, ERR_INVALID, "%s: an id expected", f->name);
    *out = id;
    return true;
}

static bool take_count(const struct body_field *f, struct json_object *v, int64_t *out,
                       struct err *e)
{
    if ((v && (!json_object_is_type(v, json_type_int) || json_object_get_int64(v) < 0)) ||
        (!v && f->required))
        return err_set(e, ERR_INVALID, "%s: a number from 0 on expected", f->name);
    *out = v ? json_object_get_int64(v) : INT_NONE;
    return true;
}

static bool take_time(const struct body_field *f, struct json_object *v, usec_t *out, struct err *e)
{
    usec_t t = TIME_NONE;

    if ((v && (!json_object_is_type(v, json_type_string) ||
               !time_parse_rfc3339(str_from(json_object_get_string(v)), &t))) ||
        (!v && f->required))
        return err_set(e, ERR_INVALID, "%s: a time as 2026-02-08T06:11:00Z expected", f->name);
    *out = t;
    return true;
}

static bool take_flag(const struct body_field *f, struct json_object *v, int64_t *out,
                      struct err *e)
{
    if ((v && !json_object_is_type(v, json_type_boolean)) || (!v && f->required))
        return err_set(e, ERR_INVALID, "%s: true or false expected", f->name);
    *out = v ? json_object_get_boolean(v) : INT_NONE;
    return true;
}

static bool take_words(const struct body_field *f, struct json_object *v, struct str *out,
                       struct arena *a, struct err *e)
{
    _cleanup_(buf_finish) struct buf all = {.max = (size_t)WORDS_MAX * (TEXT_MAX + 1)};
    size_t n = 0;

    if ((v && (!json_list_length(v, &n) || n > WORDS_MAX)) || (!v && f->required))
        return err_set(e, ERR_INVALID, "%s: a list of texts expected", f->name);
    for (size_t i = 0; i < n; i++) {
        const struct str word = json_list_str(v, i);
        if (str_is_empty(word) || str_contains(word, STR(" ")) || has_zero(word) ||
            word.n > TEXT_MAX)
            return err_set(e, ERR_INVALID, "%s: a list of texts without blanks expected", f->name);
        buf_str(&all, i ? STR(" ") : STR(""));
        buf_str(&all, word);
    }
    *out = v ? str_dup(buf_view(&all), a) : STR_NONE;
    return true;
}

static bool take_object(const struct body_field *f, struct json_object *v, struct str *out,
                        struct arena *a, struct err *e)
{
    const size_t max = f->max ? f->max : OBJECT_MAX;

    if ((v && !json_object_is_type(v, json_type_object)) || (!v && f->required))
        return err_set(e, ERR_INVALID, "%s: an object expected", f->name);
    *out = v ? str_dup(str_from(json_object_to_json_string_ext(v, JSON_C_TO_STRING_PLAIN)), a)
             : STR_NONE;
    return out->n <= max || err_set(e, ERR_INVALID, "%s: at most %zu bytes expected", f->name, max);
}

static bool take(const struct body_field *f, struct json_object *v, char *out, struct arena *a,
                 struct err *e)
{
    void *at = out + f->at;

    switch (f->kind) {
    case BODY_TEXT:
    case BODY_SECRET:
        return take_text(f, v, at, a, e) || err_trace(e);
    case BODY_ID:
        return take_id(f, v, at, e) || err_trace(e);
    case BODY_COUNT:
        return take_count(f, v, at, e) || err_trace(e);
    case BODY_TIME:
        return take_time(f, v, at, e) || err_trace(e);
    case BODY_FLAG:
        return take_flag(f, v, at, e) || err_trace(e);
    case BODY_WORDS:
        return take_words(f, v, at, a, e) || err_trace(e);
    case BODY_OBJECT:
        return take_object(f, v, at, a, e) || err_trace(e);
    }
    return err_set(e, ERR_INTERNAL, "%s: a field of no kind", f->name);
}

static bool no_such_field(const char *name, struct err *e)
{
    return err_set(e, ERR_INVALID, "%.60s: there is no such field", name);
}

bool body_knows_all(struct json_object *object, struct words names, struct err *e)
{
    size_t i;

    if (!json_object_is_type(object, json_type_object))
        return err_set(e, ERR_INVALID, "a JSON object expected");
    json_object_object_foreach(object, name, value)
    {
        (void)value;
        if (!str_among(str_from(name), names.p, names.n, &i))
            return no_such_field(name, e);
    }
    return true;
}

bool req_fields(struct req *rq, const struct body_field *fields, size_t n, void *out, struct err *e)
{
    struct json_object *body;

    if (!req_body(rq, &body, e))
        return err_trace(e);
    if (!json_object_is_type(body, json_type_object))
        return err_set(e, ERR_INVALID, "the body must be a JSON object");
    json_object_object_foreach(body, name, value)
    {
        (void)value;
        if (!find(fields, n, name))
            return no_such_field(name, e);
    }
    for (size_t i = 0; i < n; i++)
        if (!take(&fields[i], json_get(body, fields[i].name), out, rq->a, e))
            return err_trace(e);
    return true;
}
