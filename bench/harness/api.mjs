// What the API of a server says.
import { apiKey } from './settings.mjs';

async function speak(server, path, options = {}) {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
        ...options,
        headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
}

export const ask = (server, path) => speak(server, path);

/** POST, and its answer. */
export const askFor = (server, path, body) => speak(server, path, { method: 'POST', body: JSON.stringify(body) });
