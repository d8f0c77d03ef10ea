// What the API of a server says.
import { apiKey } from './settings.mjs';

/** Whom a server with `ownerEnv` makes its first owner. */
export const owner = { email: 'owner@bench.example', password: 'the password of the benchmarks' };
export const ownerEnv = { BOOTSTRAP_ADMIN_EMAIL: owner.email, BOOTSTRAP_ADMIN_PASSWORD: owner.password };

/** The answer, which must be good; null when there is none. `key`: of whom, null of nobody. */
export async function speak(server, path, { key = apiKey, method = 'GET', body, project } = {}) {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
        method,
        headers: {
            'Content-Type': 'application/json',
            ...(key && { Authorization: `Bearer ${key}` }),
            ...(project && { 'X-Project-Id': project }),
        },
        body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
}

export const ask = (server, path, key) => speak(server, path, { key });

/** POST, and its answer. */
export const askFor = (server, path, body) => speak(server, path, { method: 'POST', body });

/** The owner's access token, which lasts ten minutes. */
export async function signIn(server) {
    const tokens = await speak(server, '/auth/login', { key: null, method: 'POST', body: owner });
    return tokens.access_token;
}
