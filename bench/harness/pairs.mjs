// A B A B …: each scenario's legs, interleaved, and the floor probe around them.
import { probeFloor } from './generator.mjs';
import { scratch } from './scratch.mjs';
import { settings } from './settings.mjs';
import { judge } from './verdict.mjs';

/**
 * A scenario is { name, isDurable?, isOnce?, legs: { ours, baseline? }, lines: [{ name, unit, better, floor,
 * aim, of(leg) }], note?(pairs) }. A leg returns values, and `faults` and `doubts` when it has any.
 */
export async function runScenario(scenario) {
    const ourLeg = settings.isSelfCheck ? scenario.legs.baseline : scenario.legs.ours;
    const n = scenario.isOnce ? 1 : settings.pairs;
    const floors = [];
    const pairs = [];

    if (scenario.isDurable) floors.push(await probeFloor(scratch()));
    for (let i = 0; i < n; i++) {
        const ours = await ourLeg({});
        const baseline = scenario.legs.baseline ? await scenario.legs.baseline({ ours }) : null;
        pairs.push({ ours, baseline });
        if (process.env.VERBOSE) console.error(JSON.stringify({ scenario: scenario.name, ours, baseline }));
    }
    if (scenario.isDurable) floors.push(await probeFloor(scratch()));

    const legs = pairs.flatMap(({ ours, baseline }) => [ours, baseline]).filter(Boolean);
    const faults = legs.flatMap((leg) => leg.faults ?? []);
    const doubts = [...legs.flatMap((leg) => leg.doubts ?? []), ...movedFloor(floors)];
    const results = scenario.lines.map((line) => {
        const values = pairs.map(({ ours, baseline }) => ({
            ours: line.of(ours),
            baseline: baseline && line.of(baseline),
        }));
        return judge(line, values, { faults, doubts });
    });
    return { scenario: scenario.name, lines: results, notes: scenario.note?.(pairs) ?? [], floors, pairs };
}

function movedFloor(floors) {
    if (floors.length < 2) return [];
    const [before, after] = floors.map((floor) => floor.p50_us);
    const moved = Math.max(before, after) / Math.min(before, after);
    return moved > 2 ? [`the price of an fdatasync moved from ${before} to ${after} µs`] : [];
}
