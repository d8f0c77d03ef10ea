#include "ops/accounts_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/files.h"
#include "base/json.h"

/*
 *     head       {"format":1,"default_project":1,"lines":3}
 *     1          {"project":1,"owned_numbers":…}
 *     2          {"project":1,"provider":"twilio","account":"AC…","secret":"v1.…","secondary":null}
 *     …
 *
 * Accounts follow their project. Each line is sealed as `account copy <its number>`; the head,
 * which is written last and stands first, is number 0.
 */
enum { FORMAT = 1, LINE_MAX = 32 * 1024, FILE_MAX = 256 * 1024 * 1024 };

static const char file_name[] = "accounts.sealed", new_name[] = "accounts.sealed.new";

struct account_copy {
    const struct vault *v;
    struct rng *rng;
    struct buf lines;
    int64_t n_lines;
};

static struct str context_of(int64_t line, struct arena *a)
{
    return str_fmt(a, "account copy %lld", (long long)line);
}

static const char *path_of(const struct account_copy_place *at, const char *name, struct arena *a)
{
    return str_z(str_fmt(a, STR_FMT "/%s", STR_ARG(at->directory), name), a);
}

// --- writing -------------------------------------------------------------------------------------

struct account_copy *account_copy_create(const struct vault *v, struct rng *rng)
{
    struct account_copy *c = NEW(struct account_copy);

    c->v = v;
    c->rng = rng;
    buf_init(&c->lines, FILE_MAX);
    return c;
}

void account_copy_destroy(struct account_copy *c)
{
    if (!c)
        return;
    buf_finish(&c->lines);
    free(c);
}

static void seal_line(const struct account_copy *c, struct str plain, int64_t number,
                      struct buf *out)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);

    buf_str(out, vault_seal(c->v, c->rng, context_of(number, a), plain, a));
    buf_char(out, '\n');
}

static void add_line(struct account_copy *c, const struct buf *line)
{
    c->lines.failed = c->lines.failed || !buf_ok(line);
    seal_line(c, buf_view(line), ++c->n_lines, &c->lines);
}

void account_copy_add_project(struct account_copy *c, const struct connected_project *p)
{
    _cleanup_(buf_finish) struct buf line = {.max = LINE_MAX};
    struct json_writer w;

    json_init(&w, &line);
    json_open_object(&w);
    json_member_int(&w, STR("project"), p->project);
    json_member_str(&w, STR("owned_numbers"), p->settings.owned_numbers);
    json_member_str(&w, STR("region"), p->settings.region);
    json_member_str(&w, STR("sip_user"), p->settings.sip_user);
    json_member_str(&w, STR("sip_domain"), p->settings.sip_domain);
    json_close_object(&w);
    add_line(c, &line);
}

void account_copy_add_account(struct account_copy *c, int64_t project,
                              const struct sealed_connection *x)
{
    _cleanup_(buf_finish) struct buf line = {.max = LINE_MAX};
    struct json_writer w;

    json_init(&w, &line);
    json_open_object(&w);
    json_member_int(&w, STR("project"), project);
    json_member_str(&w, STR("provider"), x->provider);
    json_member_str(&w, STR("account"), x->account);
    json_member_str(&w, STR("secret"), x->secret);
    json_member_str(&w, STR("secondary"), x->secondary);
    json_close_object(&w);
    add_line(c, &line);
}

static void write_head(const struct account_copy *c, int64_t default_project, struct buf *out)
{
    _cleanup_(buf_finish) struct buf line = {.max = LINE_MAX};
    struct json_writer w;

    json_init(&w, &line);
    json_open_object(&w);
    json_member_int(&w, STR("format"), FORMAT);
    json_member_int(&w, STR("default_project"), default_project);
    json_member_int(&w, STR("lines"), c->n_lines);
    json_close_object(&w);
    seal_line(c, buf_view(&line), 0, out);
}

static bool failed(const char *doing, struct err *e)
{
    return err_set(e, ERR_UNAVAILABLE, "the copy of the accounts: %s: %s", doing, strerror(errno));
}

static bool write_file(const struct files *fs, const char *path, const struct buf *head,
                       const struct buf *lines, struct err *e)
{
    const int fd = fs->open(fs, FILES_CWD, path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

    if (fd < 0)
        return failed("opening it", e);
    const bool ok = fs->truncate(fs, fd, 0) == 0 && files_write_all(fs, fd, buf_view(head)) &&
                    files_write_all(fs, fd, buf_view(lines)) && fs->sync(fs, fd) == 0;
    const int why = errno;
    (void)fs->close(fs, fd); // synced, or of no use
    errno = why;
    return ok || failed("writing it", e);
}

bool account_copy_save(struct account_copy *c, int64_t default_project,
                       const struct account_copy_place *at, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    _cleanup_(buf_finish) struct buf head = {.max = LINE_MAX};
    const char *fresh = path_of(at, new_name, a), *path = path_of(at, file_name, a);

    write_head(c, default_project, &head);
    assert(buf_ok(&head));
    if (!buf_ok(&c->lines))
        return err_set(e, ERR_LIMIT, "the copy of the accounts is too large");
    if (!write_file(at->files, fresh, &head, &c->lines, e))
        return err_trace(e);
    if (at->files->rename(at->files, FILES_CWD, fresh, path) != 0)
        return failed("putting it in its place", e);
    return files_sync_dir(at->files, str_z(at->directory, a)) || failed("syncing its place", e);
}

// --- reading -------------------------------------------------------------------------------------

static bool not_whole(struct err *e)
{
    return err_set(e, ERR_INVALID, "the copy of the accounts is damaged");
}

static bool read_open(const struct files *fs, int fd, struct arena *a, struct str *ret,
                      struct err *e)
{
    struct stat st;

    if (fs->fstat(fs, fd, &st) != 0)
        return failed("looking at it", e);
    if (st.st_size > FILE_MAX)
        return not_whole(e);
    const size_t n = (size_t)st.st_size;
    char *text = arena_alloc(a, n);
    *ret = (struct str){text, n};
    const ssize_t got = files_read_all(fs, fd, text, n);
    if (got < 0)
        return failed("reading it", e);
    return (size_t)got == n || not_whole(e); // or it is shorter than it was
}

/* *ret none: there is no such file. */
static bool read_file(const struct files *fs, const char *path, struct arena *a, struct str *ret,
                      struct err *e)
{
    const int fd = fs->open(fs, FILES_CWD, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);

    *ret = STR_NONE;
    if (fd < 0)
        return errno == ENOENT || errno == ENOTDIR || failed("opening it", e);
    const bool ok = read_open(fs, fd, a, ret, e);
    (void)fs->close(fs, fd); // was only read
    return ok || err_trace(e);
}

static void destroy_secret(void *s)
{
    secret_destroy(s);
}

/* The next line, opened; borrowed from the arena. */
static bool next_line(struct str *rest, const struct vault *v, int64_t number, struct arena *a,
                      struct json_object **ret, struct err *e)
{
    struct secret *plain;
    struct str line;

    if (!cut_until(rest, '\n', &line))
        return not_whole(e);
    if (!vault_unseal(v, context_of(number, a), line, &plain, e))
        return err_trace(e);
    arena_defer(a, destroy_secret, plain);
    return (json_parse(secret_reveal(plain), a, ret, e) && *ret) || not_whole(e);
}

static bool take_account(struct json_object *o, int64_t project, struct copied_accounts *ret,
                         struct err *e)
{
    struct copied_project *last = ret->n > 0 ? &ret->p[ret->n - 1] : NULL;

    if (!last || last->project.project != project || last->accounts.n == CONNECTIONS_MAX)
        return not_whole(e);
    last->accounts.p[last->accounts.n++] = (struct sealed_connection){
        .provider = json_get_str(o, "provider"),
        .account = json_get_str(o, "account"),
        .secret = json_get_str(o, "secret"),
        .secondary = json_get_str(o, "secondary"),
    };
    return true;
}

static void take_project(struct json_object *o, int64_t project, struct arena *a,
                         struct copied_accounts *ret)
{
    ret->p[ret->n++] = (struct copied_project){
        .project = {.project = project,
                    .settings = {.owned_numbers = json_get_str(o, "owned_numbers"),
                                 .region = json_get_str(o, "region"),
                                 .sip_user = json_get_str(o, "sip_user"),
                                 .sip_domain = json_get_str(o, "sip_domain")}},
        .accounts = {arena_new(a, struct sealed_connection, CONNECTIONS_MAX), 0},
    };
}

static bool take_line(struct json_object *o, struct arena *a, struct copied_accounts *ret,
                      struct err *e)
{
    int64_t project;

    if (!json_get_int(o, "project", &project))
        return not_whole(e);
    if (!str_is_none(json_get_str(o, "account")))
        return take_account(o, project, ret, e) || err_trace(e);
    take_project(o, project, a, ret);
    return true;
}

bool account_copy_read(const struct account_copy_place *at, const struct vault *v, struct arena *a,
                       struct copied_accounts *ret, bool *ret_found, struct err *e)
{
    struct copied_accounts all = {0};
    struct json_object *o;
    struct str rest;
    int64_t n_lines, format;

    *ret_found = false;
    if (!read_file(at->files, path_of(at, file_name, a), a, &rest, e))
        return err_trace(e);
    if (str_is_none(rest))
        return true;
    const size_t length = rest.n;
    if (!next_line(&rest, v, 0, a, &o, e))
        return err_trace(e);
    if (!json_get_int(o, "format", &format) || format != FORMAT ||
        !json_get_int(o, "default_project", &all.default_project) ||
        !json_get_int(o, "lines", &n_lines) || n_lines < 0 || (size_t)n_lines > length)
        return not_whole(e);
    all.p = arena_new(a, struct copied_project, (size_t)n_lines + 1);
    for (int64_t i = 1; i <= n_lines; i++)
        if (!next_line(&rest, v, i, a, &o, e) || !take_line(o, a, &all, e))
            return err_trace(e);
    if (rest.n > 0)
        return not_whole(e);
    *ret = all;
    *ret_found = true;
    return true;
}
