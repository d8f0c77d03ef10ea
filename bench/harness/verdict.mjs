// From pairs of values to a verdict. See README.md, "How to read a line".
const SPREAD = 0.5;
const SLACK = 0.8;

function median(values) {
    const sorted = [...values].sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function isMet(goal, better, ratio) {
    const worst = better === 'more' ? ratio.min : ratio.max;
    if (better === 'more') return ratio.median >= goal && worst >= SLACK * goal;
    return ratio.median <= goal && worst <= goal / SLACK;
}

/**
 * `line` names what is compared: { name, unit, better: 'more' | 'less', floor, aim }.
 * `pairs` are { ours, baseline }; without a baseline (null) the goal is for ours itself.
 * `faults` are failed audits, `doubts` are reasons not to believe the run.
 */
export function judge(line, pairs, { faults = [], doubts = [] } = {}) {
    const ratios = pairs.map(({ ours, baseline }) => (baseline === null ? ours : ours / baseline));
    const ratio = { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
    const why = [...faults, ...doubts];
    let verdict = isMet(line.floor, line.better, ratio) ? 'pass' : 'short';

    if ((ratio.max - ratio.min) / ratio.median > SPREAD) {
        verdict = 'void';
        why.push('the pairs differ by more than half of their median');
    }
    if (doubts.length > 0) verdict = 'void';
    if (faults.length > 0) verdict = 'FAIL';
    return {
        ...line,
        ours: median(pairs.map((pair) => pair.ours)),
        baseline: pairs[0].baseline === null ? null : median(pairs.map((pair) => pair.baseline)),
        ratio,
        verdict,
        isAimMet: line.aim !== undefined && isMet(line.aim, line.better, ratio),
        why: [...new Set(why)],
    };
}
