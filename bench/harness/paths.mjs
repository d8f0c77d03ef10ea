// Where things are.
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const build = process.env.BUILD_DIR ?? `${root}build`;
export const hookswitch = process.env.HOOKSWITCH ?? `${build}/hookswitch`;
export const generator = `${build}/bench-load`;
export const baselines = `${root}bench/baselines`;
export const results = `${root}bench/results`;
