#include "http/language.h"

#include "test/test.h"

static void the_highest_weight_wins(void **state)
{
    static const struct {
        const char *header;
        enum err_language want;
    } cases[] = {
        {NULL, ERR_ENGLISH},
        {"", ERR_ENGLISH},
        {"ru", ERR_RUSSIAN},
        {"RU-ru", ERR_RUSSIAN},
        {"run", ERR_ENGLISH},
        {"de, fr", ERR_ENGLISH},
        {"*", ERR_ENGLISH},
        {"en,ru", ERR_ENGLISH},
        {"ru,en", ERR_RUSSIAN},
        {"en;q=0.5, ru;q=0.8", ERR_RUSSIAN},
        {"en-GB;q=0.9,ru;q=0.85", ERR_ENGLISH},
        {"de, ru;q=0.001", ERR_RUSSIAN},
        {"ru;q=0", ERR_ENGLISH},
        {"ru;q=0.000", ERR_ENGLISH},
        {"ru ; q=1.0 , en;q=0.9", ERR_RUSSIAN},
        {"ru;q=1.5", ERR_ENGLISH},
        {"ru;q=2", ERR_ENGLISH},
        {"ru;q=", ERR_ENGLISH},
        {"ru;q=0.1234", ERR_ENGLISH},
        {"ru;level=1", ERR_ENGLISH},
        {",,;,ru", ERR_RUSSIAN},
    };

    (void)state;
    FOR_EACH_ROW (row, cases)
        assert_row(http_language(str_from(row->header)) == row->want, row->header);
}

TEST_MAIN(cmocka_unit_test(the_highest_weight_wins))
