#ifndef OPS_DOCTOR_H
#define OPS_DOCTOR_H
/* `hookswitch doctor`: what keeps this installation from doing its work, and what to do about it.
 */
#include "ops/tools.h"

/* One line for what was examined, and what is wrong with its remedies; e NULL: nothing is. */
void doctor_tell(const char *verdict, const char *what, const struct err *e);

/* A captured request (`-`: standard input) against the doors: taken, or refused for what reason. */
int doctor_request(struct command *cmd, const char *path);

#endif
