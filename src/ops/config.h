#ifndef OPS_CONFIG_H
#define OPS_CONFIG_H
/*
 * The configuration: environment variables, and `.env` for what the environment leaves out.
 *
 * One table (config.c) lists every variable with its kind, default and meaning; .env.example and
 * docs/configuration.md are printed from it. A secret NAME may also be given as NAME_FILE, the path
 * of a file that holds it. Anything malformed, and any name in `.env` that the table does not know,
 * is refused with what to fix: the program does not start on a guess.
 */
#include "base/err.h"

struct arena;
struct buf;

struct config {
    struct str database_url;
    struct str nats_url;
    int64_t port;
    struct str listen_address;
    struct str environment; /* production, development */
    struct str webhook_base_url;
    struct str trusted_proxies;
    struct str webhook_allowed_cidrs;
    int64_t webhook_invalid_per_minute;
    bool webhook_ingestion_enabled;
    bool realtime_push_enabled;
    bool reconcile_jobs_enabled;
    int64_t worker_percentage;
    int64_t realtime_clients_max;
    int64_t api_requests_per_minute;
    int64_t webhooks_per_minute;
    int64_t events_waiting_max;
    int64_t projects_max;
    bool demo_calls;
    struct str twilio_account_sid;
    struct str twilio_auth_token;
    struct str twilio_auth_token_secondary;
    struct str twilio_base_url;
    int64_t provider_requests_per_second;
    struct str owned_phone_numbers;
    struct str default_region;
    struct str sip_user;
    struct str sip_domain;
    struct str master_key;
    struct str master_key_previous;
    struct str bootstrap_admin_email;
    struct str bootstrap_admin_password;
    struct str bootstrap_api_key;
    bool auto_migrate;
    struct str spool_dir;
    int64_t sqlite_cache_mb;
    int64_t loops; /* 0: one per core */
    int64_t api_threads;
    int64_t workers; /* 0: by engine */
    int64_t job_threads;
    int64_t canary_seconds;
    struct str metrics_token;
    struct str metrics_allowed_cidrs;
    struct str otel_endpoint; /* none: no traces */
    struct str otel_headers;
    struct str otel_service_name;
    struct str otel_sampler;
    struct str otel_sampler_arg;
    int64_t inbox_kept_days;
    int64_t feed_kept_days;
    int64_t calls_kept_days;
    struct str log_level;
    struct str log_format;
};

bool config_is_production(const struct config *c);

/*
 * Reads `environ` (NULL-terminated "NAME=value" texts) and the .env file (path may not exist).
 * All problems are reported at once: the first as the sentence, the others as what to fix.
 */
bool config_load(char **environ, const char *dotenv_path, struct arena *a, struct config *ret,
                 struct err *e) CHECK_RESULT;

/* .env.example and the table for the docs. */
void config_print_example(struct buf *out);
void config_print_markdown(struct buf *out);

#endif
