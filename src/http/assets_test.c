#include "http/assets.h"

#include <string.h>

#include "test/test.h"

static void finds_every_packed_file_by_its_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < n_assets; i++)
        assert_ptr_equal(asset_find(str_from(assets[i].path)), &assets[i]);
}

static void knows_no_other_path(void **state)
{
    static const char *const strangers[] = {"", "/", "index.html", "/index.htm", "/index.html/",
                                            "~"};

    (void)state;
    FOR_EACH_ROW (path, strangers)
        assert_row(!asset_find(str_from(*path)), *path);
}

static void has_an_index_page_in_both_encodings(void **state)
{
    const struct asset *index = asset_find(STR("/index.html"));

    (void)state;
    assert_non_null(index);
    assert_string_equal(index->type, "text/html; charset=utf-8");
    assert_false(index->immutable);
    assert_true(index->plain_len > strlen("<!doctype html>"));
    assert_memory_equal(index->plain, "<!", 2);
    assert_memory_equal(index->gzip, "\x1f\x8b", 2);
}

TEST_MAIN(cmocka_unit_test(finds_every_packed_file_by_its_path),
          cmocka_unit_test(knows_no_other_path),
          cmocka_unit_test(has_an_index_page_in_both_encodings))
