#ifndef CALLS_PHONE_SHIM_H
#define CALLS_PHONE_SHIM_H
/* The one door to libphonenumber, which is C++. Slow (regular expressions); phone.c remembers. */
#include "calls/phone.h"

#ifdef __cplusplus
extern "C" {
#endif

/* text is a number and nothing around it. False: impossible. */
bool phone_shim_parse(const char *text, size_t n, const char *region, size_t n_region,
                      struct phone *ret);

#ifdef __cplusplus
}
#endif

#endif
