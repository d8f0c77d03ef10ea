// One line per result, and the whole as JSON.
import { mkdirSync, writeFileSync } from 'node:fs';

import { results } from './paths.mjs';

const COLUMNS = [
    ['scenario', 56],
    ['ours', 12],
    ['baseline', 12],
    ['', 7],
    ['ratio', 8],
    ['min', 8],
    ['max', 8],
    ['floor', 6],
    ['aim', 6],
    ['', 8],
];

const row = (cells) =>
    cells
        .map((cell, i) =>
            i === 0
                ? cell.padEnd(COLUMNS[i][1])
                : i === 3
                  ? ` ${cell}`.padEnd(COLUMNS[i][1])
                  : cell.padStart(COLUMNS[i][1]),
        )
        .join('');

function number(v) {
    if (v === null || v === undefined) return '–';
    if (!Number.isFinite(v)) return String(v);
    if (v >= 1000) return Math.round(v).toLocaleString('en');
    return v >= 100 ? v.toFixed(0) : v >= 10 ? v.toFixed(1) : v.toFixed(v < 1 ? 3 : 2);
}

export function printMachine(machine, settings) {
    for (const [name, value] of Object.entries(machine)) console.log(`${name.padEnd(16)} ${value}`);
    console.log(
        `${'form'.padEnd(16)} ${settings.form}: ${settings.pairs} pairs, ${settings.seconds} s after ${settings.warmup} s, ${settings.cores}\n`,
    );
    console.log(row(COLUMNS.map(([name]) => name)));
}

export function printResult(result) {
    for (const line of result.lines) {
        const { ratio } = line;
        const verdict = line.verdict === 'pass' && line.isAimMet ? 'pass +' : line.verdict;
        console.log(
            row([
                line.name,
                number(line.ours),
                number(line.baseline),
                line.unit,
                number(ratio.median),
                number(ratio.min),
                number(ratio.max),
                number(line.floor),
                number(line.aim),
                verdict,
            ]),
        );
    }
    for (const text of new Set([...result.notes, ...result.lines.flatMap((line) => line.why)]))
        console.log(`    ${text}`);
}

export function writeResults(machine, settings, all) {
    mkdirSync(results, { recursive: true });
    const path = `${results}/${machine.date.replaceAll(':', '-').slice(0, 19)}.json`;
    writeFileSync(path, `${JSON.stringify({ machine, settings, results: all }, null, 2)}\n`);
    return path;
}
