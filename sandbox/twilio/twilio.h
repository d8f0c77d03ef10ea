#ifndef SANDBOX_TWILIO_TWILIO_H
#define SANDBOX_TWILIO_TWILIO_H
/* Twilio, played: calls that happen, their webhooks, and the REST API that tells of them. */

/* The rest of the command line, ending with NULL. Returns the exit code: 0 when every webhook was
 * acknowledged and no forged one was, 1 when not, 2 for a command line that says nothing clear. */
int twilio_run(char **argv);

#endif
