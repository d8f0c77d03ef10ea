/*
 * F144: any caller, any callee, any configuration: the answer is well-formed XML that says one
 * thing, and a number that it dials is digits.
 *
 * Input: From, To, SIP user, SIP domain, caller id, one a line.
 */
#include "providers/twilio/twiml.h"

#include <libxml/parser.h>

#include "base/arena.h"
#include "base/limits.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_named(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && xmlStrEqual(node->name, BAD_CAST name);
}

static void check_number(const char *text)
{
    const struct str number = str_from(text);
    struct str digits = number;
    (void)!cut_char(&digits, '+');
    assert(digits.n >= 2 && digits.n <= 15);
    for (size_t i = 0; i < digits.n; i++)
        assert(digits.p[i] >= '0' && digits.p[i] <= '9');
}

static void check_dial(const xmlNode *verb)
{
    const xmlNode *noun = verb->children;
    assert(noun && !noun->next && noun->children && !noun->children->next);
    assert(is_named(noun, "Number") || is_named(noun, "Sip"));
    const char *text = (const char *)noun->children->content;
    if (is_named(noun, "Number"))
        check_number(text);
    else
        assert(str_starts(str_from(text), STR("sip:")));
}

static void check_document(struct str text)
{
    xmlDoc *doc = xmlReadMemory(text.p, (int)text.n, "", NULL, XML_PARSE_NONET);
    assert(doc);
    const xmlNode *root = xmlDocGetRootElement(doc);
    assert(is_named(root, "Response") && root->children && !root->children->next);
    if (is_named(root->children, "Dial"))
        check_dial(root->children);
    else
        assert(is_named(root->children, "Reject"));
    xmlFreeDoc(doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str in = {(const char *)data, size}, parts[5] = {0};
    struct buf out;

    for (size_t i = 0; i < LEN(parts); i++)
        (void)!cut_field(&in, '\n', &parts[i]);
    const struct twilio_routing routing = {parts[2], parts[3], parts[4]};
    buf_init(&out, LIMIT_WEBHOOK_BODY);
    twiml_route(&routing, parts[0], parts[1], &out);
    assert(buf_ok(&out));
    check_document(buf_view(&out));
    buf_finish(&out);
    return 0;
}
