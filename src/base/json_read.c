#include "base/json.h"

#include <json-c/json.h>
#include <limits.h>

#include "base/arena.h"

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

bool json_parse(struct str in, struct arena *a, struct json_object **ret, struct err *e)
{
    if (in.n >= INT_MAX)
        return err_set(e, ERR_LIMIT, "json: longer than %d bytes", INT_MAX);
    if (!json_check(in, e)) // json-c is lenient, and vague about what it does not like
        return err_trace(e);

    // json-c counts the value inside the innermost array as a level too.
    _cleanup_(tokener_destroyp) struct json_tokener *t = json_tokener_new_ex(JSON_DEPTH_MAX + 1);
    if (!t)
        mem_exhausted();
    struct json_object *tree = json_tokener_parse_ex(t, in.p, (int)in.n);
    if (json_tokener_get_error(t) == json_tokener_continue)
        tree = json_tokener_parse_ex(t, "", 1); // a bare number ends only with its text
    enum json_tokener_error why = json_tokener_get_error(t);
    if (why != json_tokener_success)
        return err_set(e, ERR_INVALID, "json: %s", json_tokener_error_desc(why));

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

static struct str text_of(struct json_object *o)
{
    if (!json_object_is_type(o, json_type_string))
        return STR_NONE;
    return (struct str){json_object_get_string(o), (size_t)json_object_get_string_len(o)};
}

struct str json_get_str(struct json_object *o, const char *key)
{
    return text_of(json_get(o, key));
}

bool json_list_length(struct json_object *list, size_t *ret)
{
    if (!json_object_is_type(list, json_type_array))
        return false;
    *ret = json_object_array_length(list);
    return true;
}

struct str json_list_str(struct json_object *list, size_t i)
{
    return text_of(json_object_array_get_idx(list, i));
}

bool json_get_int(struct json_object *o, const char *key, int64_t *ret)
{
    struct json_object *member = json_get(o, key);
    if (!json_object_is_type(member, json_type_int))
        return false;
    // json-c keeps what is above INT64_MAX as unsigned and then shows INT64_MAX. What is below
    // INT64_MIN it shows as INT64_MIN, which is therefore not believed.
    int64_t v = json_object_get_int64(member);
    if (v == INT64_MIN)
        return false;
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
