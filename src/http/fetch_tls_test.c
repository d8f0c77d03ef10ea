/* Certificates of servers that are asked: trusted by the test, and good, too new or too old. */
#include "http/fetch.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include "loop/loop.h"
#include "test/test.h"

enum { LIFE = 30 * 24 * 3600 }; /* of a certificate, in seconds */

/* The certificate that is trusted now; libcurl asks for the system's file of them, and gets it. */
static X509 *trusted;

int X509_STORE_load_file(X509_STORE *store, const char *file)
{
    (void)file;
    return X509_STORE_add_cert(store, trusted);
}

/* Of 127.0.0.1, by itself, good from so many seconds from now on. */
static X509 *certificate(EVP_PKEY *key, long from)
{
    X509 *cert = X509_new();
    X509_NAME *name = X509_get_subject_name(cert);

    assert_int_equal(X509_set_version(cert, X509_VERSION_3), 1);
    assert_true(X509_gmtime_adj(X509_getm_notBefore(cert), from) &&
                X509_gmtime_adj(X509_getm_notAfter(cert), from + LIFE));
    assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                                (const unsigned char *)"127.0.0.1", -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(cert, name), 1);
    assert_int_equal(X509_set_pubkey(cert, key), 1);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "IP:127.0.0.1");
    assert_int_equal(X509_add_ext(cert, names, -1), 1);
    X509_EXTENSION_free(names);
    assert_true(X509_sign(cert, key, EVP_sha256()) > 0);
    return cert;
}

struct origin_of_tls {
    SSL_CTX *tls;
    int fd;
    bool was_asked;
};

/* Answers one request, if the client goes on that far. */
static void serve_one(void *arg)
{
    static const char answer[] = "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    struct origin_of_tls *o = arg;
    char request[2048];
    const int peer = accept(o->fd, NULL, NULL);
    SSL *s = SSL_new(o->tls);

    assert(peer >= 0 && s && SSL_set_fd(s, peer) == 1);
    if (SSL_accept(s) == 1 && SSL_read(s, request, sizeof request) > 0) {
        o->was_asked = true;
        (void)SSL_write(s, answer, sizeof answer - 1); // the client tells whether it came
        (void)SSL_shutdown(s);
    }
    SSL_free(s);
    (void)close(peer);
}

static uint16_t listen_at(int *ret)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof at;

    *ret = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(*ret, (struct sockaddr *)&at, n), 0);
    assert_int_equal(listen(*ret, 1), 0);
    assert_int_equal(getsockname(*ret, (struct sockaddr *)&at, &n), 0);
    return ntohs(at.sin_port);
}

/* Whether a server with a certificate that is good from then on was asked; `e` says why not. */
static bool ask_one_good_from(long from, struct err *e)
{
    _cleanup_(arena_destroyp) struct arena *a = arena_create(0);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    struct origin_of_tls o = {.tls = SSL_CTX_new(TLS_server_method())};
    struct buf body = {.max = 1024};
    struct http_fetched answer;
    struct thread *t;

    trusted = certificate(key, from);
    assert_int_equal(SSL_CTX_use_certificate(o.tls, trusted), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(o.tls, key), 1);
    const uint16_t port = listen_at(&o.fd);
    const struct http_fetch f = {.peer = "Example",
                                 .url = str_fmt(a, "https://127.0.0.1:%u/", port),
                                 .connect_timeout = SECONDS(5),
                                 .total_timeout = SECONDS(30)};
    assert_ok(thread_start("origin", serve_one, &o, &t, e), e);
    const bool ok = http_fetch(&f, a, &body, &answer, e);
    thread_join(t);
    assert_true(o.was_asked == ok);
    buf_finish(&body);
    (void)close(o.fd);
    SSL_CTX_free(o.tls);
    EVP_PKEY_free(key);
    X509_free(trusted);
    return ok;
}

static void f096_a_certificate_out_of_its_time_is_told_apart(void **state)
{
    struct err e = {0};

    (void)state;
    assert_ok(http_fetch_init(&e), &e);
    assert_ok(ask_one_good_from(-60, &e), &e);
    assert_refused(ask_one_good_from(60, &e), &e, ERR_UPSTREAM);
    assert_str(str_from(e.text), "Example showed a certificate that is not valid yet");
    assert_true(str_contains(str_from(e.fix[0]), STR("clock")));
    err_clear(&e);
    assert_refused(ask_one_good_from(-LIFE - 60, &e), &e, ERR_UPSTREAM);
    assert_str(str_from(e.text), "Example showed a certificate that has expired");
}

TEST_MAIN(cmocka_unit_test(f096_a_certificate_out_of_its_time_is_told_apart))
