#ifndef SANDBOX_TWILIO_NUMBERS_H
#define SANDBOX_TWILIO_NUMBERS_H
/*
 * The account's phone numbers as the REST API shows and sets them. At first each leads to us; what
 * is set is only told: the simulator goes on calling the address of its command line.
 */
#include "base/form.h"
#include "base/json.h"
#include "sandbox/twilio/sim.h"

struct numbers;

/* Of the phone numbers that are set by their own names. */
struct number {
    struct str sid, phone_number;
    struct str voice_url, voice_method, voice_application_sid, trunk_sid;
    struct str status_callback, status_callback_method;
    usec_t created;
};

struct numbers *numbers_create(struct sim *sim);
/* Accepts NULL. */
void numbers_destroy(struct numbers *n);

struct number_list {
    struct number *p;
    size_t n;
};
struct number_list numbers_list(const struct numbers *n);
/* NULL when there is none of that sid. */
struct number *numbers_find(const struct numbers *n, struct str sid);
/* VoiceUrl, VoiceMethod and so on; what is not given stays. */
void numbers_set(struct numbers *n, struct number *x, const struct form *body);

void resource_account(struct json_writer *w, const struct sim *sim);
void resource_number(struct json_writer *w, const struct sim *sim, const struct number *x);

#endif
