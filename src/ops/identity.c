#include "ops/identity.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/files.h"
#include "loop/cores.h"
#include "tenancy/installation.h"
#include "tenancy/people.h"

static const char key_directory[] = "data", key_path[] = "data/master.key";

size_t identity_hashers(void)
{
    const size_t cores = cores_allowed();

    return cores > 3 ? cores / 2 : 1;
}

// --- the master key ------------------------------------------------------------------------------

static const struct str fingerprint_name = STR("master_key");

static bool make_directory(struct err *e)
{
    if ((mkdir(key_directory, 0777) == 0 || errno == EEXIST) &&
        files_sync_above(&files_system, key_directory))
        return true;
    return err_set(e, ERR_INVALID, "%s/ cannot be made for the master key: %s", key_directory,
                   strerror(errno));
}

/* A key of our own is made only for an installation that has none: another would open nothing. */
static bool find_key(const struct config *c, bool is_new, struct rng *rng, struct arena *a,
                     struct str *ret, struct err *e)
{
    if (!str_is_empty(c->master_key)) {
        *ret = c->master_key;
        return true;
    }
    if (is_new && !make_directory(e))
        return err_trace(e);
    return vault_key_file(&files_system, key_path, is_new, rng, a, ret, e) || err_trace(e);
}

static bool check_known(const struct vault *v, struct str fingerprint, struct arena *a,
                        struct err *e)
{
    if (str_is_none(fingerprint) || vault_knows(v, fingerprint, a))
        return true;
    err_set(e, ERR_INVALID, "the master key is not the one that this installation was made with");
    err_fix(e, "give every node the same MASTER_KEY, or the same file data/master.key");
    return err_fix(e, "to change it, give the old one as MASTER_KEY_PREVIOUS, and run "
                      "`hookswitch vault rekey` before you leave that out");
}

/* While the key is changed the installation stays that of the key before, until nothing is sealed
 * with it any more: who leaves that out too early is refused, instead of losing what it opens. */
static bool agree(struct db *db, const struct vault *v, struct str fingerprint, struct arena *a,
                  struct err *e)
{
    if (!check_known(v, fingerprint, a, e))
        return err_trace(e);
    return !str_is_none(fingerprint) ||
           installation_set(db, fingerprint_name, vault_fingerprint(v, a), e) || err_trace(e);
}

bool identity_settle(struct db *db, const struct vault *v, struct arena *a, struct err *e)
{
    struct str fingerprint;

    return (installation_get(db, fingerprint_name, a, &fingerprint, e) &&
            check_known(v, fingerprint, a, e) &&
            installation_set(db, fingerprint_name, vault_fingerprint(v, a), e)) ||
           err_trace(e);
}

bool identity_open(struct db *db, const struct config *c, struct rng *rng, struct arena *a,
                   struct identity *ret, struct err *e)
{
    struct str fingerprint, key;

    identity_close(ret);
    if (!installation_get(db, fingerprint_name, a, &fingerprint, e) ||
        !find_key(c, str_is_none(fingerprint), rng, a, &key, e) ||
        !vault_open(key, c->master_key_previous, &ret->vault, e) ||
        !agree(db, ret->vault, fingerprint, a, e))
        return err_trace(e);
    ret->token_keys = token_keys_create(ret->vault);
    ret->stream_key = vault_derive(ret->vault, STR("stream tokens"), false);
    return true;
}

bool identity_vault(const struct config *c, struct arena *a, struct vault **ret, struct err *e)
{
    struct str key;

    *ret = NULL;
    if (str_is_empty(c->master_key) && access(key_path, F_OK) != 0)
        return true;
    return (find_key(c, false, NULL, a, &key, e) &&
            vault_open(key, c->master_key_previous, ret, e)) ||
           err_trace(e);
}

void identity_close(struct identity *id)
{
    token_keys_destroy(id->token_keys);
    secret_destroy(id->stream_key);
    vault_close(id->vault);
    *id = (struct identity){0};
}

// --- the first owner -----------------------------------------------------------------------------

bool identity_bootstrap_owner(struct db *db, const struct config *c, struct hasher *hasher,
                              struct arena *a, struct err *e)
{
    struct person p;
    struct str hash;
    int64_t owner;
    bool found;

    if (str_is_empty(c->bootstrap_admin_password))
        return true;
    if (!person_owner(db, a, &owner, &found, e) ||
        (found && !person_by_id(db, owner, a, &p, &found, e)))
        return err_trace(e);
    if (!found || !str_is_none(p.password_hash))
        return true;
    return (password_check(c->bootstrap_admin_password, p.email, e) &&
            password_hash(hasher, c->bootstrap_admin_password, a, &hash, e) &&
            person_set_password(db, owner, hash, clock_wall(&clock_system), e)) ||
           err_trace(e);
}
