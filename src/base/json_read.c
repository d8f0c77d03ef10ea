#include "base/json.h"
#include "base/arena.h"

#include <json-c/json.h>
#include <limits.h>

static void tree_destroy(void *tree)
{
    json_object_put(tree);
}

static void tokener_destroy(struct json_tokener *t)
{
    if (t)
        json_tokener_free(t);
}
DEFINE_CLEANUP(struct json_tokener, tokener_destroy)

static bool refuse(struct json_tokener *t, struct err *e)
{
    enum json_tokener_error why = json_tokener_get_error(t);
    size_t at = json_tokener_get_parse_end(t);
    switch ((int)why) {
    case json_tokener_error_depth:
        return err_set(e, ERR_LIMIT, "json: nested deeper than %d levels", JSON_DEPTH_MAX);
    case json_tokener_continue:
        return err_set(e, ERR_INVALID, "json: the text ends too early");
    case json_tokener_success:
        return err_set(e, ERR_INVALID, "json: something stands behind the value");
    default: // json-c's own list, not ours
        return err_set(e, ERR_INVALID, "json: %s near byte %zu", json_tokener_error_desc(why), at);
    }
}

bool json_parse(struct str in, struct arena *a, struct json_object **ret, struct err *e)
{
    if (in.n >= INT_MAX)
        return err_set(e, ERR_LIMIT, "json: longer than %d bytes", INT_MAX);

    // json-c counts the value inside the innermost array as a level too.
    _cleanup_(tokener_destroyp) struct json_tokener *t = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
    if (!t)
        mem_exhausted();
    json_tokener_set_flags(t, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);

    struct json_object *tree = json_tokener_parse_ex(t, in.n ? in.p : "", (int)in.n);
    size_t end = json_tokener_get_parse_end(t);
    if (json_tokener_get_error(t) == json_tokener_continue)
        tree = json_tokener_parse_ex(t, "", 1); // a bare number ends only with its text
    if (json_tokener_get_error(t) != json_tokener_success || end != in.n) {
        json_object_put(tree);
        return refuse(t, e);
    }
    if (tree)
        arena_defer(a, tree_destroy, tree);
    *ret = tree; // NULL is json-c's null
    return true;
}

struct json_object *json_get(struct json_object *o, const char *key)
{
    struct json_object *member = NULL;
    if (!json_object_is_type(o, json_type_object))
        return NULL;
    return json_object_object_get_ex(o, key, &member) ? member : NULL;
}

struct str json_get_str(struct json_object *o, const char *key)
{
    struct json_object *member = json_get(o, key);
    if (!json_object_is_type(member, json_type_string))
        return STR_NONE;
    return (struct str){json_object_get_string(member), (size_t)json_object_get_string_len(member)};
}

bool json_get_int(struct json_object *o, const char *key, int64_t *ret)
{
    struct json_object *member = json_get(o, key);
    if (!json_object_is_type(member, json_type_int))
        return false;
    // json-c keeps what is above INT64_MAX as unsigned and then shows INT64_MAX.
    int64_t v = json_object_get_int64(member);
    if (v == INT64_MAX && json_object_get_uint64(member) != (uint64_t)INT64_MAX)
        return false;
    *ret = v;
    return true;
}

bool json_get_bool(struct json_object *o, const char *key, bool *ret)
{
    struct json_object *member = json_get(o, key);
    if (!json_object_is_type(member, json_type_boolean))
        return false;
    *ret = json_object_get_boolean(member);
    return true;
}
