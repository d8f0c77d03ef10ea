/* The providers, played: each simulator speaks its provider's protocols towards us. */
#include <stdio.h>

#include "base/str.h"
#include "sandbox/twilio/twilio.h"

static const struct simulator {
    const char *name;
    int (*run)(char **argv);
    const char *meaning;
} simulators[] = {
    {"twilio", twilio_run, "voice calls: webhooks and the REST API 2010-04-01"},
};

static int usage(FILE *out)
{
    (void)fprintf(out, "sandbox PROVIDER [option]...\n\n");
    for (size_t i = 0; i < LEN(simulators); i++)
        (void)fprintf(out, "  %-10s %s\n", simulators[i].name, simulators[i].meaning);
    (void)fprintf(out, "\nsandbox PROVIDER --help lists its options.\n");
    return out == stdout ? 0 : 2;
}

int main(int argc, char **argv)
{
    const struct str name = str_from(argc > 1 ? argv[1] : "");

    for (size_t i = 0; i < LEN(simulators); i++)
        if (str_eq(name, str_from(simulators[i].name)))
            return simulators[i].run(argv + 2);
    return usage(str_eq(name, STR("--help")) ? stdout : stderr);
}
