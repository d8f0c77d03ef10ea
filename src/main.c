/*
 * Arguments and the table of commands. `serve`, which wires the rooms together, is in ops/serve.c;
 * the others are in ops/tools.c.
 */
#include "ops/config.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "ops/serve.h"
#include "ops/tools.h"
#include "version.h"
#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"

extern char **environ;

static int help(struct command *cmd);

static int version(struct command *cmd)
{
    (void)cmd;
    (void)printf("hookswitch %s\n", HOOKSWITCH_VERSION);
    return EXIT_SUCCESS;
}

static const struct {
    const char *name;
    int (*run)(struct command *cmd);
    bool configured; /* needs a valid configuration */
    const char *arguments, *meaning;
} commands[] = {
    {"serve", serve, true, "[--roles=door,worker,api,hub,scheduler]", "run the server"},
    {"migrate", tool_migrate, true, "up | down [N] | status", "change the schema of the store"},
    {"verify", tool_verify, true, "[--acks FILE]",
     "hold the store against itself and what was acknowledged"},
    {"backup", tool_backup, true, "FILE", "copy the SQLite database, while the server runs"},
    {"replay", tool_replay, true, "[--project=ID] --all | ID...",
     "put dead letters of a project back into the queue"},
    {"feed", tool_feed, true, "new-epoch", "after a restore: tell every reader to start anew"},
    {"login-link", tool_login_link, true, "", "print a link that signs a browser in, once"},
    {"user", tool_user, true, "create EMAIL ROLE [NAME] | invite EMAIL | reset EMAIL",
     "print a link by which somebody comes in, or sets another password"},
    {"org", tool_org, true, "create NAME OWNER_EMAIL",
     "make an organisation, and print its owner's invitation"},
    {"project", tool_project, true, "create NAME [ORG] | list",
     "make a project, and print its number; list those of all organisations"},
    {"jobs", tool_jobs, true, "list [PROJECT] | run NAME [PROJECT]",
     "what is done again and again, and when; ask for a run now"},
    {"quota", tool_quota, true, "PROJECT [NAME NUMBER|default]",
     "print how much a project may use, or grant it more or less"},
    {"vault", tool_vault, true, "rekey",
     "seal what the store keeps with MASTER_KEY, which MASTER_KEY_PREVIOUS has sealed"},
    {"flags", tool_flags, true, "list | set NAME=VALUE... [--project=ID]",
     "what is switched while the server runs, for all or for one project"},
    {"rights", tool_rights, false, "", "print which role may do what"},
    {"doctor", tool_doctor, true, "[--request FILE]",
     "find what is wrong here, or why a captured webhook is refused"},
    {"health", tool_health, true, "", "whether the server on this machine answers and is well"},
    {"config", tool_config, false, "example | markdown", "print every variable"},
    {"routes", tool_routes, false, "", "print what the server answers to, and the right it needs"},
    {"version", version, false, "", "print the version"},
    {"help", help, false, "", "this text"},
};

static int help(struct command *cmd)
{
    (void)cmd;
    (void)printf("hookswitch %s: every phone call of a company, received, kept and shown live.\n\n"
                 "usage: hookswitch COMMAND [ARGUMENTS]\n\n",
                 HOOKSWITCH_VERSION);
    for (size_t i = 0; i < LEN(commands); i++)
        (void)printf("  %-11s %-31s %s\n", commands[i].name, commands[i].arguments,
                     commands[i].meaning);
    (void)printf("\nConfiguration comes from the environment and from .env: `hookswitch config "
                 "example`.\n");
    return EXIT_SUCCESS;
}

static bool configure(struct command *cmd, struct err *e)
{
    enum log_level level;
    enum log_format format;

    if (!config_load(environ, ".env", cmd->a, &cmd->config, e))
        return err_trace(e);
    if (!log_level_parse(cmd->config.log_level, &level))
        return err_set(e, ERR_INVALID, "LOG_LEVEL: write debug, info, warn or error");
    if (!log_format_parse(cmd->config.log_format, &format))
        return err_set(e, ERR_INVALID, "LOG_FORMAT: write logfmt or json");
    log_configure(level, format);
    return true;
}

/* What a thread needs for a group of events it needs again for the next: a heap that is given back
 * to the kernel at every ebb is asked for again, page by page, at the next flood. */
static void keep_heap(void)
{
    (void)mallopt(M_TRIM_THRESHOLD, 64 * 1024 * 1024);
    (void)mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024);
}

int main(int argc, char **argv)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    const char *name = argc > 1 ? argv[1] : "help";
    struct command cmd = {.a = a, .args = argv + 2, .n_args = argc > 2 ? argc - 2 : 0};
    struct err e = {0};

    keep_heap();

    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        name = "help";
    if (strcmp(name, "--version") == 0)
        name = "version";
    fault_arm_from_environment();
    for (size_t i = 0; i < LEN(commands); i++) {
        if (strcmp(name, commands[i].name) != 0)
            continue;
        if (commands[i].configured && !configure(&cmd, &e))
            return tool_fail(&e);
        return commands[i].run(&cmd);
    }
    (void)fprintf(stderr, "hookswitch: no command \"%s\"; `hookswitch help` lists them\n", name);
    return EXIT_FAILURE;
}
