#include "api/asker.h"

#include <pthread.h>
#include <stdlib.h>

#include "api/credentials.h"
#include "base/arena.h"
#include "base/crypto.h"
#include "inbox/budget.h"

enum { PLACES = 4096 };

struct asker {
    uint64_t shown; /* a digest of the credentials */
    int64_t project;
};

struct askers {
    pthread_mutex_t lock;
    struct asker places[PLACES]; /* where two meet, the last one is remembered */
};

struct askers *askers_create(void)
{
    struct askers *k = NEW(struct askers);

    pthread_mutex_init(&k->lock, NULL);
    return k;
}

void askers_destroy(struct askers *k)
{
    if (!k)
        return;
    pthread_mutex_destroy(&k->lock);
    free(k);
}

/* Who may ask for several projects names the one: in the header, as a query is not read yet. 0:
 * nothing is shown, or it cannot be told for which project. */
static uint64_t shown_by(const struct http_request *rq)
{
    bool is_cookie;
    const struct str shown = credentials_shown(rq, &is_cookie);

    if (str_is_empty(shown) || str_contains(rq->query, STR("project_id")))
        return 0;
    return hash_keyed(shown) + 31 * hash_keyed(http_header(rq, STR("X-Project-Id")));
}

int64_t asker_client(const struct http_request *rq)
{
    return (int64_t)budget_client(rq->peer) | INT64_MIN;
}

int64_t askers_key(struct askers *k, const struct http_request *rq)
{
    const uint64_t shown = shown_by(rq);

    pthread_mutex_lock(&k->lock);
    const struct asker known = k->places[shown % PLACES];
    pthread_mutex_unlock(&k->lock);
    return shown != 0 && known.shown == shown ? known.project : asker_client(rq);
}

void askers_note(struct askers *k, const struct http_request *rq, int64_t project)
{
    const uint64_t shown = shown_by(rq);

    if (shown == 0 || project == 0)
        return;
    pthread_mutex_lock(&k->lock);
    k->places[shown % PLACES] = (struct asker){shown, project};
    pthread_mutex_unlock(&k->lock);
}
