#ifndef HTTP_CIDR_H
#define HTTP_CIDR_H
/*
 * IP addresses and blocks of them (RFC 4632, RFC 4291): trusted proxies, allow-lists.
 *
 * Both families are one kind: an IPv4 address is kept in its IPv6-mapped form (::ffff:a.b.c.d), so
 * that a dual-stack socket's peers compare equal to what an administrator wrote.
 */
#include "base/err.h"

struct ip {
    unsigned char bytes[16];
};

struct cidr {
    struct ip ip;
    unsigned bits; /* 0 … 128, counted in the IPv6 form */
};

struct cidr_list {
    struct cidr *items;
    size_t n;
};

enum { IP_TEXT_MAX = 46 };

/* "192.0.2.7", "2001:db8::7"; no zone, no port, no brackets, four decimal parts for IPv4. */
bool ip_parse(struct str s, struct ip *ret) CHECK_RESULT;
/* The usual text, IPv4 as four parts. Returns the length; dst gets a zero byte too. */
size_t ip_format(const struct ip *ip, char dst[IP_TEXT_MAX]);

/* "192.0.2.0/24", "2001:db8::/32" or a single address. Bits behind the prefix must be zero. */
bool cidr_parse(struct str s, struct cidr *ret) CHECK_RESULT;
bool cidr_has(const struct cidr *c, const struct ip *ip);

/* Separated by commas, blanks around them allowed; none or empty gives the empty list. */
bool cidr_list_parse(struct str s, struct arena *a, struct cidr_list *ret,
                     struct err *e) CHECK_RESULT;
bool cidr_list_has(const struct cidr_list *l, const struct ip *ip);

#endif
