#ifndef PROVIDERS_OUTSIDE_H
#define PROVIDERS_OUTSIDE_H
/*
 * For those of the API's threads that wait for a provider: only so many do at a time, whatever they
 * ask for, for all projects and for one.
 */
#include "base/err.h"

struct places;

/* Who was let in leaves by places_leave(). ERR_UNAVAILABLE: there is no place now. */
bool outside_enter(struct places *p, int64_t project, struct err *e) CHECK_RESULT;

#endif
