// What the API of a server says.
import { apiKey } from './settings.mjs';

export async function ask(server, path) {
    const answer = await fetch(`http://127.0.0.1:${server.port}${path}`, {
        headers: { Authorization: `Bearer ${apiKey}` },
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
}
