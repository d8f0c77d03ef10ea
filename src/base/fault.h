#ifndef BASE_FAULT_H
#define BASE_FAULT_H
/*
 * Fault points: where something can fail, a test makes it fail.
 *
 *     if (FAULT("store.commit"))
 *         return err_set(e, ERR_UNAVAILABLE, "store: commit failed (injected)");
 *
 * Without HOOKSWITCH_FAULTS the condition is the constant false and costs nothing. With it, a
 * test arms the n-th passage (1, 2, 3 …) of a named point, or of any; the binary can also be armed
 * from the environment: HOOKSWITCH_FAULT="store.commit:3" fails the third, "store.commit:3+" all
 * from the third on, "*:7" the seventh passage of any point.
 */
#include <stdbool.h>
#include <stdint.h>

#ifdef HOOKSWITCH_FAULTS
#define FAULT(name) fault_hit(name)
#else
#define FAULT(name) false
#endif

bool fault_hit(const char *name);
/* name (borrowed until disarmed) NULL: any point. nth counts from 1; persistent: every later
 * passage fails as well. */
void fault_arm(const char *name, uint64_t nth, bool persistent);
/* An outage: that passage and the `length` - 1 after it fail, then all is well again. */
void fault_arm_outage(const char *name, uint64_t nth, uint64_t length);
void fault_disarm(void);
/* Passages of the armed name since arming; whether the fault has struck. */
uint64_t fault_passed(void);
bool fault_struck(void);
void fault_arm_from_environment(void);

#endif
