// What can be chosen, all of it from the environment.
const isLong = process.env.FORM === 'long';

export const settings = {
    form: isLong ? 'long' : 'short',
    pairs: Number(process.env.PAIRS ?? (isLong ? 5 : 2)),
    warmup: 2,
    seconds: Number(process.env.SECONDS ?? (isLong ? 8 : 4)),
    // 'pinned': server on core 0, generator on core 1. 'shared': the server may use both, the
    // generator is nice 10.
    cores: process.env.CORES === 'both' ? 'shared' : 'pinned',
    // SELF=1 measures each baseline against itself: every ratio must come out near 1.
    isSelfCheck: process.env.SELF === '1',
    // Another build for the baseline of wall-*: of a version that had no wall yet.
    before: process.env.BEFORE,
    // Events a second of the cells, where another pace than theirs is wanted.
    rate: process.env.RATE ? Number(process.env.RATE) : undefined,
    isForced: process.env.FORCE === '1',
    // How long to wait for the load average to fall below 0.5 before refusing to start.
    patience: Number(process.env.PATIENCE ?? 60),
};

export const account = 'AC00112233445566778899aabbccddeeff';
export const token = '0123456789abcdef0123456789abcdef';
export const masterKey = 'the-master-key-of-the-benchmarks-00000';
export const apiKey = 'hk_bench_0123456789abcdef0123456789abcdef';
