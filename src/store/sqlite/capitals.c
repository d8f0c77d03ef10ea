#include "store/sqlite/capitals.h"

#include <unicode/ucasemap.h>

#include "base/compiler.h"
#include "base/size.h"

enum { SHORT = 256, GROWTH = 3 }; /* U+0390 has three capitals for its one letter */

static bool is_ascii(const unsigned char *p, int n)
{
    for (int i = 0; i < n; i++)
        if (p[i] >= 0x80)
            return false;
    return true;
}

static int ascii_capitals(char *dst, const unsigned char *p, int n)
{
    for (int i = 0; i < n; i++)
        dst[i] = (char)(p[i] >= 'a' && p[i] <= 'z' ? p[i] - 'a' + 'A' : p[i]);
    return n;
}

/* What is no UTF-8 becomes U+FFFD, three bytes for one. */
static int all_capitals(const UCaseMap *map, char *dst, int cap, const char *p, int n)
{
    UErrorCode code = U_ZERO_ERROR;
    const int length = ucasemap_utf8ToUpper(map, dst, cap, p, n, &code);

    return U_SUCCESS(code) ? length : -1;
}

static void capitals(sqlite3_context *x, int n_values, sqlite3_value **values)
{
    const unsigned char *text = sqlite3_value_text(values[0]);
    const int n = sqlite3_value_bytes(values[0]);
    char few[SHORT * GROWTH], *dst = few;

    (void)n_values;
    if (!text)
        return; // NULL of NULL
    if (n > SHORT)
        dst = sqlite3_malloc64((sqlite3_uint64)n * GROWTH);
    if (!dst) {
        sqlite3_result_error_nomem(x);
        return;
    }
    const int length = is_ascii(text, n)
                           ? ascii_capitals(dst, text, n)
                           : all_capitals(sqlite3_user_data(x), dst,
                                          (n > SHORT ? n : SHORT) * GROWTH, (const char *)text, n);
    if (length < 0)
        sqlite3_result_error(x, "capitals: not to be had", -1);
    else
        sqlite3_result_text(x, dst, length, SQLITE_TRANSIENT);
    if (dst != few)
        sqlite3_free(dst);
}

static void close_map(void *map)
{
    ucasemap_close(map);
}

int capitals_add(sqlite3 *handle)
{
    UErrorCode code = U_ZERO_ERROR;
    UCaseMap *map = ucasemap_open("", 0, &code); // the root locale: Turkish has rules of its own

    if (U_FAILURE(code))
        return SQLITE_NOMEM;
    return sqlite3_create_function_v2(handle, "capitals", 1,
                                      SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, map,
                                      capitals, NULL, NULL, close_map);
}
