// Whether everything that was spooled has been brought back.
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const DRAIN_S = 120; // a saturating load leaves a spool of hundreds of megabytes

/** Waits for it; false when it takes too long. */
export async function spoolIsEmpty(directory) {
    for (let i = 0; i < DRAIN_S * 10; i++) {
        if (!readdirSync(`${directory}/spool`).some((name) => name.endsWith('.spool'))) return true;
        await sleep(100);
    }
    return false;
}
