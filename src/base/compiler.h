#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H
/*
 * What the compiler can find for us, and scope-bound ownership.
 *
 * GNU attributes are confined to this header. `_cleanup_(fn)` runs fn(&variable) when the scope
 * ends; TAKE() hands the pointer over so that nothing is left to clean up.
 */
#include <assert.h>
#include <stddef.h>

#define CHECK_RESULT __attribute__((warn_unused_result))
#define FORMAT_OF(argument) __attribute__((format_arg(argument)))
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define NO_RETURN __attribute__((noreturn))
#define _cleanup_(fn) __attribute__((cleanup(fn)))

/* Defines `fn##p(type **)`, the form that _cleanup_ wants, from a destructor `fn(type *)`. */
#define DEFINE_CLEANUP(type, fn)                                                                   \
    static inline void fn##p(type **p)                                                             \
    {                                                                                              \
        fn(*p);                                                                                    \
    }

/* Moves a pointer out of a variable, leaving NULL behind. */
#define TAKE(p)                                                                                    \
    ({                                                                                             \
        __typeof__(p) taken_ = (p);                                                                \
        (p) = NULL;                                                                                \
        taken_;                                                                                    \
    })

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

#endif
