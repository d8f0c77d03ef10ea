#ifndef BASE_ERR_WORDS_H
#define BASE_ERR_WORDS_H
/*
 * The catalogue of what people are told when something failed: per code a title and a remedy in
 * each language, and the sentences that say more, in Russian. tools/check_words.py demands a
 * translation for what can reach somebody over the API.
 */
#include "base/err.h"

struct words {
    const char *title[2], *remedy[2]; /* by enum err_language */
};

const struct words *words_of(enum err_code code);
/* A sentence or its printf format; NULL when it has not been translated. */
const char *words_russian(const char *english) FORMAT_OF(1);

#endif
