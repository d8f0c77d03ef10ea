#include "calls/phone_shim.h"

#include <phonenumbers/phonenumberutil.h>
#include <cstring>
#include <exception>
#include <string>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace
{

bool copy(const std::string &from, char *dst, size_t n)
{
    if (from.size() >= n)
        return false;
    std::memcpy(dst, from.c_str(), from.size() + 1);
    return true;
}

// The library makes its one instance at first use; which of our threads comes first is not its
// concern.
const PhoneNumberUtil &instance()
{
    static const PhoneNumberUtil &util = *PhoneNumberUtil::GetInstance();

    return util;
}

// The North American plan is written as people there read it: "+1 (508) 514-0320".
std::string display(const PhoneNumberUtil &util, const PhoneNumber &number)
{
    std::string text;

    if (number.country_code() == 1) {
        util.Format(number, PhoneNumberUtil::NATIONAL, &text);
        return "+1 " + text;
    }
    util.Format(number, PhoneNumberUtil::INTERNATIONAL, &text);
    return text;
}

bool read(const std::string &text, const std::string &region, struct phone *ret)
{
    const PhoneNumberUtil &util = instance();
    PhoneNumber number;
    std::string e164;

    if (util.Parse(text, region, &number) != PhoneNumberUtil::NO_PARSING_ERROR)
        return false;
    if (util.IsPossibleNumberWithReason(number) != PhoneNumberUtil::IS_POSSIBLE)
        return false;
    number.clear_extension();
    util.Format(number, PhoneNumberUtil::E164, &e164);
    return copy(e164, ret->e164, sizeof ret->e164) &&
           copy(display(util, number), ret->display, sizeof ret->display);
}

// A number is known by its E.164 form. Where that form is read as another number (a national prefix
// within it is taken off), there is nothing to know it by.
bool parse(const std::string &text, const std::string &region, struct phone *ret)
{
    struct phone again;

    return read(text, region, ret) && read(ret->e164, region, &again) &&
           std::strcmp(again.e164, ret->e164) == 0 && std::strcmp(again.display, ret->display) == 0;
}

} // namespace

extern "C" bool phone_shim_parse(const char *text, size_t n, const char *region, size_t n_region,
                                 struct phone *ret)
{
    try {
        return parse(std::string(text, n), std::string(region, n_region), ret);
    } catch (const std::exception &) {
        return false; // no exception may pass into C
    }
}
