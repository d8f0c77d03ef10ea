#include "sandbox/twilio/twiml.h"

#include <libxml/parser.h>

#include "base/arena.h"

enum { DOCUMENT_MAX = 64 * 1024, TIMEOUT_DEFAULT = 30, TIMEOUT_LEAST = 5, TIMEOUT_MOST = 600 };

// --- reading -------------------------------------------------------------------------------------

static void free_doc(void *doc)
{
    xmlFreeDoc(doc);
}

static void free_text(void *text)
{
    xmlFree(text);
}

static bool is_named(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && xmlStrEqual(node->name, BAD_CAST name);
}

static struct str kept(xmlChar *text, struct arena *a)
{
    if (!text)
        return STR_NONE;
    arena_defer(a, free_text, text);
    return str_from((const char *)text);
}

static struct str attribute(const xmlNode *node, const char *name, struct arena *a)
{
    return kept(xmlGetNoNsProp(node, BAD_CAST name), a);
}

static struct str content(const xmlNode *node, struct arena *a)
{
    return str_trim(kept(xmlNodeGetContent(node), a));
}

unsigned twiml_events(struct str words)
{
    static const struct {
        struct str word;
        unsigned event;
    } events[] = {
        {{"initiated", 9}, EVENT_INITIATED},
        {{"ringing", 7}, EVENT_RINGING},
        {{"answered", 8}, EVENT_ANSWERED},
        {{"completed", 9}, EVENT_COMPLETED},
    };
    struct str word;
    unsigned asked = 0;

    while (cut_field(&words, ' ', &word))
        for (size_t i = 0; i < LEN(events); i++)
            if (str_eq(word, events[i].word))
                asked |= events[i].event;
    return asked;
}

// --- Dial ----------------------------------------------------------------------------------------

static uint64_t timeout_of(struct str text)
{
    uint64_t seconds;
    if (!str_to_u64(text, &seconds))
        return TIMEOUT_DEFAULT;
    return seconds < TIMEOUT_LEAST  ? TIMEOUT_LEAST
           : seconds > TIMEOUT_MOST ? TIMEOUT_MOST
                                    : seconds;
}

static void read_recording(const xmlNode *dial, struct arena *a, struct twiml *t)
{
    const struct str how = attribute(dial, "record", a);

    t->record = str_starts(how, STR("record-from-")) || str_eq(how, STR("true"));
    t->record_dual = str_ends(how, STR("-dual"));
    t->recording_callback = attribute(dial, "recordingStatusCallback", a);
}

static void read_target(const xmlNode *noun, struct arena *a, struct twiml *t)
{
    const struct str events = attribute(noun, "statusCallbackEvent", a);

    t->is_sip = is_named(noun, "Sip");
    t->target = content(noun, a);
    t->callback = attribute(noun, "statusCallback", a);
    t->events = str_is_none(events) ? EVENT_COMPLETED : twiml_events(events);
}

/* The first target; a Dial may also hold its number as plain text. */
static void read_dial(const xmlNode *dial, struct arena *a, struct twiml *t)
{
    const struct str answer_on_bridge = attribute(dial, "answerOnBridge", a);
    const xmlNode *noun = dial->children;

    while (noun && !is_named(noun, "Number") && !is_named(noun, "Sip"))
        noun = noun->next;
    if (noun)
        read_target(noun, a, t);
    else
        t->target = content(dial, a);
    t->action = attribute(dial, "action", a);
    t->caller_id = attribute(dial, "callerId", a);
    t->timeout = timeout_of(attribute(dial, "timeout", a));
    t->answer_on_bridge = str_eq(answer_on_bridge, STR("true"));
    read_recording(dial, a, t);
    t->kind = str_is_empty(t->target) ? TWIML_HANGUP : TWIML_DIAL;
}

// --- the document --------------------------------------------------------------------------------

/* True when the verb decides. */
static bool read_verb(const xmlNode *verb, struct arena *a, struct twiml *t)
{
    if (is_named(verb, "Dial")) {
        read_dial(verb, a, t);
        return true;
    }
    if (is_named(verb, "Reject")) {
        t->kind = TWIML_REJECT;
        t->busy = str_eq(attribute(verb, "reason", a), STR("busy"));
        return true;
    }
    if (is_named(verb, "Redirect")) {
        t->kind = TWIML_REDIRECT;
        t->redirect = content(verb, a);
        return true;
    }
    return is_named(verb, "Hangup");
}

bool twiml_parse(struct str in, struct arena *a, struct twiml *ret, struct err *e)
{
    struct twiml t = {.kind = TWIML_HANGUP};
    if (in.n == 0 || in.n > DOCUMENT_MAX)
        return err_set(e, ERR_INVALID, "TwiML: 1 to %d bytes expected", DOCUMENT_MAX);

    xmlDoc *doc = xmlReadMemory(in.p, (int)in.n, NULL, NULL,
                                XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    if (!doc)
        return err_set(e, ERR_INVALID, "TwiML: not well-formed XML");
    arena_defer(a, free_doc, doc);

    const xmlNode *root = xmlDocGetRootElement(doc);
    if (!root || !is_named(root, "Response"))
        return err_set(e, ERR_INVALID, "TwiML: the root element is not Response");
    for (const xmlNode *verb = root->children; verb && !read_verb(verb, a, &t); verb = verb->next)
        ;
    *ret = t;
    return true;
}
