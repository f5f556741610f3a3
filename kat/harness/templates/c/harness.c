/* A harness of kat/1 in C: answers known-answer questions, one JSON object a line. See README.md.
 *
 * Put your library behind the functions of `operations`. Each reads its inputs by name with get(), writes its
 * outputs by name with put(), and returns what came of it. A `failed` counts as a crash, and never as a rejection.
 */
#define _POSIX_C_SOURCE 200809L
#include <jansson.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    enum { OUT, REJECT, UNSUPPORTED, ERROR } kind;
    const char *word;
} answer;

static const answer done = {OUT, NULL};

/* The input is bad: modulus, length, hash, point, zero, tag, encoding, ctx or other. */
static answer reject(const char *reason) { return (answer){REJECT, reason}; }

/* The library does not offer this: alg, op, param, key or derand. */
static answer unsupported(const char *lack) { return (answer){UNSUPPORTED, lack}; }

/* The library failed without a judgement. */
static answer failed(const char *text) { return (answer){ERROR, text}; }

typedef struct {
    unsigned char *data;
    size_t len;
} bytes;

static bool get(const json_t *in, const char *name, bytes *value);
static void put(json_t *out, const char *name, const unsigned char *data, size_t len);

/* --- Your library ---------------------------------------------------------------------------------------------- */

static answer sha3_256(const json_t *in, json_t *out) {
    bytes msg;
    unsigned char digest[32];
    if (!get(in, "msg", &msg)) return failed("msg is not hex");
    bool right = EVP_Digest(msg.data, msg.len, digest, NULL, EVP_sha3_256(), NULL) == 1;
    free(msg.data);
    if (!right) return failed("EVP_Digest");
    put(out, "digest", digest, sizeof digest);
    return done;
}

/* Key agreement, for an operation that judges its input: an all-zero result is refused. */
static answer x25519(const json_t *in, json_t *out) {
    bytes private = {NULL, 0}, public = {NULL, 0};
    unsigned char shared[32];
    size_t len = sizeof shared;
    EVP_PKEY *key = NULL, *peer = NULL;
    EVP_PKEY_CTX *ctx = NULL;
    answer result = failed("EVP_PKEY_derive");

    if (!get(in, "private", &private) || !get(in, "public", &public)) {
        result = failed("private or public is not hex");
        goto end;
    }
    key = EVP_PKEY_new_raw_private_key(EVP_PKEY_X25519, NULL, private.data, private.len);
    peer = EVP_PKEY_new_raw_public_key(EVP_PKEY_X25519, NULL, public.data, public.len);
    if (key == NULL || peer == NULL) {
        result = reject("length");
        goto end;
    }
    ctx = EVP_PKEY_CTX_new(key, NULL);
    if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer(ctx, peer) != 1) goto end;
    if (EVP_PKEY_derive(ctx, shared, &len) != 1) {
        result = reject("zero");
        goto end;
    }
    put(out, "shared", shared, len);
    result = done;
end:
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(peer);
    EVP_PKEY_free(key);
    free(public.data);
    free(private.data);
    return result;
}

/* `keys` is a JSON list of the forms of private keys that an operation takes, where it takes one: "[\"seed\"]",
 * "[\"seed\",\"expanded\"]". */
static const struct {
    const char *alg, *op, *keys;
    answer (*answer)(const json_t *in, json_t *out);
} operations[] = {
    {"SHA3-256", "hash", NULL, sha3_256},
    {"X25519", "agree", NULL, x25519},
};
static const char name[] = "my-library", version[] = "0.1.0", build[] = __VERSION__;

/* Whether encapsulation and signing take the randomness that they are given. */
static const bool derand = true;

/* --- The protocol ---------------------------------------------------------------------------------------------- */

static const char digits[] = "0123456789abcdef";

/* An input in bytes, for the caller to free. Numbers are read with json_integer_value(json_object_get(in, name)). */
static bool get(const json_t *in, const char *field, bytes *value) {
    const json_t *text = json_object_get(in, field);
    const char *hex = json_string_value(text);
    size_t len = json_string_length(text);
    *value = (bytes){NULL, 0};
    if (hex == NULL || len % 2 != 0) return false;
    unsigned char *data = calloc(len / 2 + 1, 1);
    if (data == NULL) return false;
    for (size_t at = 0; at < len; at++) {
        const char *digit = strchr(digits, hex[at]);
        if (hex[at] == '\0' || digit == NULL) {
            free(data);
            return false;
        }
        data[at / 2] = (unsigned char)(data[at / 2] << 4 | (digit - digits));
    }
    *value = (bytes){data, len / 2};
    return true;
}

static void put(json_t *out, const char *field, const unsigned char *data, size_t len) {
    char *hex = malloc(2 * len + 1);
    if (hex == NULL) abort();
    for (size_t at = 0; at < len; at++) {
        hex[2 * at] = digits[data[at] >> 4];
        hex[2 * at + 1] = digits[data[at] & 15];
    }
    json_object_set_new(out, field, json_stringn(hex, 2 * len));
    free(hex);
}

static json_t *hello(void) {
    json_t *caps = json_array();
    for (size_t at = 0; at < sizeof operations / sizeof *operations; at++) {
        json_t *cap = json_pack("{s:s, s:s}", "alg", operations[at].alg, "op", operations[at].op);
        if (operations[at].keys != NULL) json_object_set_new(cap, "key", json_loads(operations[at].keys, 0, NULL));
        json_array_append_new(caps, cap);
    }
    return json_pack("{s:i, s:{s:s, s:s, s:s}, s:o, s:b, s:i}", "kat", 1, "impl", "name", name, "version", version,
                     "build", build, "caps", caps, "derand", derand, "inflight", 8);
}

static json_t *reply(json_t *question) {
    static const char *const members[] = {"out", "reject", "unsupported", "error"};
    const char *alg = json_string_value(json_object_get(question, "alg"));
    const char *op = json_string_value(json_object_get(question, "op"));
    json_t *out = json_object();
    answer result = unsupported("alg");
    for (size_t at = 0; alg != NULL && op != NULL && at < sizeof operations / sizeof *operations; at++) {
        if (strcmp(operations[at].alg, alg) != 0) continue;
        result = unsupported("op");
        if (strcmp(operations[at].op, op) != 0) continue;
        result = operations[at].answer(json_object_get(question, "in"), out);
        break;
    }
    json_t *line = json_object();
    json_object_set(line, "id", json_object_get(question, "id"));
    json_object_set_new(line, members[result.kind], result.kind == OUT ? json_incref(out) : json_string(result.word));
    json_decref(out);
    return line;
}

int main(void) {
    char *line = NULL;
    size_t size = 0;
    for (ssize_t len; (len = getline(&line, &size, stdin)) != -1;) {
        json_error_t error;
        json_t *request = json_loadb(line, (size_t)len, JSON_REJECT_DUPLICATES, &error);
        if (request == NULL) {
            fprintf(stderr, "harness: %s\n", error.text);
            return 1;
        }
        json_t *answered = json_object_get(request, "hello") != NULL ? hello() : reply(request);
        json_dumpf(answered, stdout, JSON_COMPACT);
        putchar('\n');
        fflush(stdout);
        json_decref(answered);
        json_decref(request);
    }
    free(line);
    return 0;
}
