/*
 * TwiML through libxml2's writer, straight into a buf.
 *
 * What the outside can choose is reduced to digits before it gets here; what the configuration
 * chooses is stripped of what XML 1.0 cannot say (the writer escapes the rest). So the output is
 * well-formed whatever comes in.
 *
 * A call from a SIP user whose destination is not a number (another extension, a star code) is
 * rejected: the caller hears that at once, where an empty answer would pick up and hang up, at a
 * price. Short numbers are dialled as they are: 911 and 112 are short.
 */
#include "providers/twilio/twiml.h"

#include <libxml/xmlwriter.h>

#include "base/arena.h"

enum { DIGITS_MIN = 2, DIGITS_MAX = 15, TEXT_MAX = 512, CHARACTER_MAX = 4 };

#define CALL_EVENTS "initiated ringing answered completed"

// --- the writer ----------------------------------------------------------------------------------

static int on_write(void *arg, const char *p, int n)
{
    struct buf *out = arg;
    buf_str(out, (struct str){p, (size_t)n});
    return n;
}

static xmlTextWriterPtr start(struct buf *out)
{
    xmlOutputBufferPtr sink = xmlOutputBufferCreateIO(on_write, NULL, out, NULL);
    xmlTextWriterPtr w = sink ? xmlNewTextWriter(sink) : NULL;
    if (!w)
        mem_exhausted(); // the only way it fails

    // Not by StartDocument: with an encoding it goes through tables that threads share.
    buf_str(out, STR("<?xml version=\"1.0\" encoding=\"UTF-8\"?>"));
    xmlTextWriterStartElement(w, BAD_CAST "Response");
    return w;
}

static void end(xmlTextWriterPtr w)
{
    xmlTextWriterEndDocument(w);
    xmlFreeTextWriter(w);
}

static void attribute(xmlTextWriterPtr w, const char *name, const char *value)
{
    xmlTextWriterWriteAttribute(w, BAD_CAST name, BAD_CAST value);
}

// --- text that XML can carry ---------------------------------------------------------------------

static bool is_noncharacter(const char *p, size_t n)
{
    return n >= 3 && memcmp(p, "\xef\xbf", 2) == 0 && (unsigned char)p[2] >= 0xbe;
}

/* Appends what is left of s without control characters, U+FFFE, U+FFFF and malformed UTF-8. */
static void put_clean(char dst[TEXT_MAX], struct str s)
{
    size_t n = strlen(dst);
    const bool utf8 = str_is_utf8(s);
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char c = (unsigned char)s.p[i];
        if ((c & 0xc0) != 0x80 && n + CHARACTER_MAX >= TEXT_MAX)
            break; // too long: not in the middle of a character
        if (c < ' ' || c == 0x7f || (c >= 0x80 && !utf8))
            continue;
        if (is_noncharacter(s.p + i, s.n - i))
            i += 2;
        else
            dst[n++] = s.p[i];
    }
    dst[n] = '\0';
}

// --- where a call goes ---------------------------------------------------------------------------

static bool cut_nocase(struct str *s, struct str prefix)
{
    if (!str_eq_nocase(str_sub(*s, 0, prefix.n), prefix))
        return false;
    *s = str_sub(*s, prefix.n, SIZE_MAX);
    return true;
}

static bool is_sip(struct str address)
{
    return cut_nocase(&address, STR("sip:")) || cut_nocase(&address, STR("sips:"));
}

/* The user part of a SIP URI (RFC 3261 section 19.1.1), or the whole of anything else. */
static struct str user_of(struct str address)
{
    if (!cut_nocase(&address, STR("sip:")) && !cut_nocase(&address, STR("sips:")))
        return address;
    struct str user = str_sub(address, 0, str_find(address, '@'));
    user = str_sub(user, 0, str_find(user, ';'));
    return str_sub(user, 0, str_find(user, ':'));
}

/* A number as people write it, to what can be dialled: digits, perhaps behind a plus. */
static bool dialable(struct str text, char ret[DIGITS_MAX + 2])
{
    size_t n = 0, digits = 0;
    if (cut_nocase(&text, STR("%2b")) || cut_lit(&text, STR("+")))
        ret[n++] = '+';
    for (size_t i = 0; i < text.n; i++) {
        const char c = text.p[i];
        if (c && strchr("-. ()", c))
            continue;
        if (c < '0' || c > '9' || ++digits > DIGITS_MAX)
            return false;
        ret[n++] = c;
    }
    ret[n] = '\0';
    return digits >= DIGITS_MIN;
}

// --- the two documents ---------------------------------------------------------------------------

static void dial(xmlTextWriterPtr w, const char *caller_id, const char *noun, const char *target)
{
    xmlTextWriterStartElement(w, BAD_CAST "Dial");
    attribute(w, "timeout", "60");
    if (*caller_id)
        attribute(w, "callerId", caller_id);
    attribute(w, "action", "/webhooks/twilio/dial-action");
    attribute(w, "method", "POST");

    xmlTextWriterStartElement(w, BAD_CAST noun);
    attribute(w, "statusCallback", "/webhooks/twilio/voice-status");
    attribute(w, "statusCallbackEvent", CALL_EVENTS);
    attribute(w, "statusCallbackMethod", "POST");
    xmlTextWriterWriteString(w, BAD_CAST target);
}

static void reject(xmlTextWriterPtr w)
{
    xmlTextWriterStartElement(w, BAD_CAST "Reject");
    attribute(w, "reason", "rejected");
}

static void to_sip_user(xmlTextWriterPtr w, const struct twilio_routing *r)
{
    char uri[TEXT_MAX] = "sip:";
    put_clean(uri, r->sip_user);
    put_clean(uri, STR("@"));
    put_clean(uri, r->sip_domain);
    dial(w, "", "Sip", uri);
}

static void to_number(xmlTextWriterPtr w, const struct twilio_routing *r, struct str to)
{
    char number[DIGITS_MAX + 2], caller_id[TEXT_MAX] = "";
    if (!dialable(user_of(to), number)) {
        reject(w);
        return;
    }
    put_clean(caller_id, r->caller_id);
    dial(w, caller_id, "Number", number);
}

void twiml_route(const struct twilio_routing *r, struct str from, struct str to, struct buf *out)
{
    xmlTextWriterPtr w = start(out);
    if (is_sip(from))
        to_number(w, r, to);
    else if (str_is_empty(r->sip_user) || str_is_empty(r->sip_domain))
        reject(w); // nobody is there to answer
    else
        to_sip_user(w, r);
    end(w);
}

void twiml_empty(struct buf *out)
{
    end(start(out));
}
