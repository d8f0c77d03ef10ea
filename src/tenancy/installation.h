#ifndef TENANCY_INSTALLATION_H
#define TENANCY_INSTALLATION_H
/* What all nodes of an installation must agree upon: a few words, by name. */
#include "store/store.h"

/* STR_NONE when it was never set. */
bool installation_get(struct db *db, struct str name, struct arena *a, struct str *ret,
                      struct err *e) CHECK_RESULT;
/* Who else would hold or set it waits until the caller's transaction ends. */
bool installation_hold(struct db *db, struct str name, struct err *e) CHECK_RESULT;
bool installation_set(struct db *db, struct str name, struct str value, struct err *e) CHECK_RESULT;

#endif
