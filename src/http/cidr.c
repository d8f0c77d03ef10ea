#include "http/cidr.h"

#include <arpa/inet.h>

#include "base/arena.h"

enum { MAPPED = 12 }; // bytes before an IPv4 address in its IPv6 form

static const unsigned char mapped_prefix[MAPPED] = {[10] = 0xff, [11] = 0xff};

static bool is_v4(const struct ip *ip)
{
    return memcmp(ip->bytes, mapped_prefix, MAPPED) == 0;
}

bool ip_parse(struct str s, struct ip *ret)
{
    char text[IP_TEXT_MAX];
    struct ip ip;

    if (s.n == 0 || s.n >= sizeof(text) || memchr(s.p, '\0', s.n))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    memcpy(ip.bytes, mapped_prefix, MAPPED);
    if (inet_pton(AF_INET, text, ip.bytes + MAPPED) != 1 &&
        inet_pton(AF_INET6, text, ip.bytes) != 1)
        return false;
    *ret = ip;
    return true;
}

size_t ip_format(const struct ip *ip, char dst[IP_TEXT_MAX])
{
    const bool v4 = is_v4(ip);

    // Cannot fail: the family is known and the text fits.
    if (!inet_ntop(v4 ? AF_INET : AF_INET6, ip->bytes + (v4 ? MAPPED : 0), dst, IP_TEXT_MAX))
        dst[0] = '\0';
    return strlen(dst);
}

/* Whether all bits from the given one on are zero. */
static bool rest_is_zero(const struct ip *ip, unsigned from)
{
    for (unsigned i = from; i < 128; i++)
        if (ip->bytes[i / 8] & (0x80 >> i % 8))
            return false;
    return true;
}

bool cidr_parse(struct str s, struct cidr *ret)
{
    struct cidr c = {.bits = 128};
    struct str address = str_sub(s, 0, str_find(s, '/'));
    uint32_t bits;

    if (!ip_parse(address, &c.ip))
        return false;
    if (address.n < s.n) {
        const bool v4 = !memchr(address.p, ':', address.n);
        struct str length = str_sub(s, address.n + 1, s.n);
        if (!cut_u32(&length, &bits) || length.n > 0 || bits > (v4 ? 32 : 128))
            return false;
        c.bits = bits + (v4 ? 8 * MAPPED : 0);
    }
    if (!rest_is_zero(&c.ip, c.bits))
        return false;
    *ret = c;
    return true;
}

bool cidr_has(const struct cidr *c, const struct ip *ip)
{
    const unsigned whole = c->bits / 8;
    const unsigned left = c->bits % 8;

    if (memcmp(c->ip.bytes, ip->bytes, whole) != 0)
        return false;
    return left == 0 || ((c->ip.bytes[whole] ^ ip->bytes[whole]) >> (8 - left)) == 0;
}

bool cidr_list_parse(struct str s, struct arena *a, struct cidr_list *ret, struct err *e)
{
    struct cidr_list list = {0};
    struct str item, rest = s;
    size_t most = 1;

    for (size_t i = 0; i < s.n; i++)
        most += s.p[i] == ',';
    list.items = arena_new(a, struct cidr, most);
    while (cut_field(&rest, ',', &item)) {
        item = str_trim(item);
        if (item.n == 0)
            continue;
        if (!cidr_parse(item, &list.items[list.n])) {
            err_set(e, ERR_INVALID, "\"" STR_FMT "\" is neither an address nor a block of them",
                    STR_ARG(item));
            return err_fix(e,
                           "write 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32, separated by commas");
        }
        list.n++;
    }
    *ret = list;
    return true;
}

bool cidr_list_has(const struct cidr_list *l, const struct ip *ip)
{
    for (size_t i = 0; i < l->n; i++)
        if (cidr_has(&l->items[i], ip))
            return true;
    return false;
}
