// A wire between a server and its database that can be cut: a relay that understands nothing of what it carries.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A relay to `port`; gives its own port, how to cut all that there is now, and how to take it away. */
export async function openWire(port) {
    const ends = new Set();
    const relay = createServer((ours) => {
        const theirs = connect(port, '127.0.0.1');
        for (const [from, to] of [[ours, theirs], [theirs, ours]]) {
            ends.add(from);
            from.setNoDelay().pipe(to);
            from.on('error', () => {}).on('close', () => {
                ends.delete(from);
                to.destroy();
            });
        }
    }).listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const cut = () => {
        const n = ends.size / 2;
        for (const end of ends) end.resetAndDestroy();
        return n;
    };
    return {
        port: relay.address().port,
        cut,
        close: () => {
            relay.close();
            cut();
        },
    };
}
