// Express 5 + pg + Twilio's helper: the webhook receiver that one would otherwise write.
// PORT, DATABASE_URL, TWILIO_AUTH_TOKEN, WEBHOOK_BASE_URL; ROLES=door,worker (both by default).
import { readFileSync } from 'node:fs';

import express from 'express';
import pg from 'pg';

import { door } from './door.js';
import { feed } from './feed.js';
import { startWorker } from './worker.js';

const env = process.env;
const roles = (env.ROLES ?? 'door,worker').split(',');
const pool = new pg.Pool({ connectionString: env.DATABASE_URL, max: Number(env.POOL ?? 20) });

await pool.query(readFileSync(new URL('schema.sql', import.meta.url), 'utf8'));

const { router, broadcast } = feed();
const onStored = roles.includes('worker') ? startWorker({ pool, broadcast }) : () => {};

const app = express();
app.disable('x-powered-by');
app.disable('etag');
app.get('/health', (req, res) => res.json({ status: 'ok' }));
app.use(router);
app.use(door({ pool, token: env.TWILIO_AUTH_TOKEN, baseUrl: env.WEBHOOK_BASE_URL, onStored }));
app.listen(Number(env.PORT), '127.0.0.1', () => console.log('listening'));
process.on('SIGTERM', () => process.exit(0));
