#include "api/throttle.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "inbox/budget.h"

enum { KEY_MAX = 512 };

/* Who is counted, how many failures at once, and how many in a minute in the long run. An account
 * alone has much room: else anybody could shut its owner out. */
static const struct rule {
    bool by_address, by_account;
    size_t burst, per_minute;
} rules[] = {
    {true, true, 5, 5},
    {true, false, 30, 20},
    {false, true, 100, 60},
};

struct throttle {
    pthread_mutex_t lock;
    struct budget *budgets[LEN(rules)];
};

struct throttle *throttle_create(void)
{
    struct throttle *t = NEW(struct throttle);

    pthread_mutex_init(&t->lock, NULL);
    for (size_t i = 0; i < LEN(rules); i++)
        t->budgets[i] = budget_create(rules[i].burst, rules[i].per_minute);
    return t;
}

void throttle_destroy(struct throttle *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < LEN(rules); i++)
        budget_destroy(t->budgets[i]);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

static struct str key_of(const struct rule *rule, struct str address, struct str account,
                         char text[KEY_MAX])
{
    const struct str none = STR("");
    const struct str who = rule->by_address ? address : none,
                     what = rule->by_account ? account : none;
    const int n = snprintf(text, KEY_MAX, STR_FMT "|" STR_FMT, STR_ARG(who), STR_ARG(what));

    return rule->by_account ? (struct str){text, n < KEY_MAX ? (size_t)n : KEY_MAX - 1} : address;
}

bool throttle_is_spent(struct throttle *t, struct str address, struct str account, usec_t now)
{
    bool spent = false;

    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < LEN(rules); i++) {
        char text[KEY_MAX];
        spent |= budget_is_spent(t->budgets[i], key_of(&rules[i], address, account, text), now);
    }
    pthread_mutex_unlock(&t->lock);
    return spent;
}

void throttle_spend(struct throttle *t, struct str address, struct str account, usec_t now)
{
    pthread_mutex_lock(&t->lock);
    for (size_t i = 0; i < LEN(rules); i++) {
        char text[KEY_MAX];
        budget_spend(t->budgets[i], key_of(&rules[i], address, account, text), now);
    }
    pthread_mutex_unlock(&t->lock);
}
