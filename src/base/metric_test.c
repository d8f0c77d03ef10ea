#include "base/metric.h"

#include "test/test.h"

static void a_value_counts_in_the_first_bucket_that_holds_it(void **state)
{
    static struct histogram h;
    struct histogram_view v = {0};
    struct buf out;

    (void)state;
    histogram_note_time(&h, -5);   // a clock that went back
    histogram_note_time(&h, 1000); // the bound itself
    histogram_note_time(&h, 1001);
    histogram_note_time(&h, SECONDS(3600)); // above all
    histogram_add(&v, &h);
    buf_init(&out, 4096);
    metric_histogram(&out, "x_ms", &metric_milliseconds, "Help.", &v);
    const struct str text = buf_view(&out);
    assert_true(buf_ok(&out));
    assert_true(str_starts(text, STR("# HELP x_ms Help.\n# TYPE x_ms histogram\n")));
    assert_true(str_contains(text, STR("x_ms_bucket{le=\"0.1\"} 1\n")));
    assert_true(str_contains(text, STR("x_ms_bucket{le=\"1\"} 2\n")));
    assert_true(str_contains(text, STR("x_ms_bucket{le=\"2.5\"} 3\n")));
    assert_true(str_contains(text, STR("x_ms_bucket{le=\"60000\"} 3\n")));
    assert_true(str_contains(text, STR("x_ms_bucket{le=\"+Inf\"} 4\n")));
    assert_true(str_contains(text, STR("x_ms_sum 3600002.001\nx_ms_count 4\n")));
    buf_reset(&out);
    metric_histogram_values(&out, "x_ms", "of=\"a\"", &metric_milliseconds, &v);
    const struct str labelled = buf_view(&out);
    assert_true(str_starts(labelled, STR("x_ms_bucket{of=\"a\",le=\"0.1\"} 1\n")));
    assert_true(
        str_contains(labelled, STR("x_ms_sum{of=\"a\"} 3600002.001\nx_ms_count{of=\"a\"} 4\n")));
    buf_finish(&out);
}

static void bounds_ascend_and_numbers_are_whole(void **state)
{
    struct buf out;

    (void)state;
    for (size_t i = 1; i < HISTOGRAM_STEPS; i++) {
        assert_true(histogram_times[i - 1] < histogram_times[i]);
        assert_true(histogram_sizes[i - 1] < histogram_sizes[i]);
    }
    buf_init(&out, 4096);
    metric_plain(&out, "n", METRIC_COUNTER, "Help.", 123456789012345.0);
    metric_value(&out, "n", "why=\"x\"", 0.25);
    assert_str(buf_view(&out),
               "# HELP n Help.\n# TYPE n counter\nn 123456789012345\nn{why=\"x\"} 0.25\n");
    buf_finish(&out);
}

TEST_MAIN(cmocka_unit_test(a_value_counts_in_the_first_bucket_that_holds_it),
          cmocka_unit_test(bounds_ascend_and_numbers_are_whole))
