#ifndef SANDBOX_TWILIO_REST_H
#define SANDBOX_TWILIO_REST_H
/*
 * Twilio's REST API, version 2010-04-01, as far as it concerns calls and recordings: lists with
 * filters and pages, items, placing and changing calls. Works on the engine's thread.
 */
#include "sandbox/twilio/sim.h"

struct http_exchange;
struct rest;

struct rest *rest_create(struct sim *sim);
void rest_destroy(struct rest *r);
/* Answers it, whatever it is. */
void rest_answer(struct rest *r, struct http_exchange *x);

#endif
