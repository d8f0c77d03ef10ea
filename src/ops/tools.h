#ifndef OPS_TOOLS_H
#define OPS_TOOLS_H
/* The commands beside `serve`: straight-line, they print for people and return an exit status. */
#include "ops/config.h"
#include "store/store.h"
#include "tenancy/actor.h"
#include "tenancy/project.h"

struct command {
    struct config config;
    struct arena *a;
    char **args; /* behind the command's name */
    int n_args;
};

/* The failure and its remedies on stderr; returns EXIT_FAILURE. */
int tool_fail(const struct err *e);

/* Who does what a command does, in the audit log. */
extern const struct actor tool_console;

/* Opens the store of the configuration, beside a server that may run. */
bool tool_store(struct command *cmd, struct store **ret, struct err *e) CHECK_RESULT;
/* Refuses while a server runs on the same SQLite file. */
bool tool_store_alone(struct command *cmd, struct store **ret, struct err *e) CHECK_RESULT;
/* What is given as a name, without the blanks around it; as long as the API takes one. */
bool tool_name(const char *given, struct str *ret, struct err *e) CHECK_RESULT;
/* The project that a first start makes. */
bool tool_default_project(struct db *db, struct arena *a, int64_t *ret, struct err *e) CHECK_RESULT;
/* named: the number of one, as it was given; NULL: that one. */
bool tool_find_project(struct db *db, const char *named, struct arena *a, struct project *ret,
                       struct err *e) CHECK_RESULT;

int tool_migrate(struct command *cmd);
int tool_verify(struct command *cmd);
int tool_backup(struct command *cmd);
int tool_replay(struct command *cmd);
int tool_feed(struct command *cmd);
int tool_login_link(struct command *cmd);
int tool_user(struct command *cmd);
int tool_org(struct command *cmd);
int tool_project(struct command *cmd);
int tool_jobs(struct command *cmd);
int tool_quota(struct command *cmd);
int tool_vault(struct command *cmd);
int tool_flags(struct command *cmd);
int tool_rights(struct command *cmd);
int tool_doctor(struct command *cmd);
int tool_health(struct command *cmd);
int tool_config(struct command *cmd);
int tool_routes(struct command *cmd);

#endif
