// Server-sent events: everyone who watches gets every update.
import express from 'express';

export function feed() {
    const clients = new Set();
    const router = express.Router();

    router.get('/events/calls', (req, res) => {
        res.writeHead(200, {
            'Content-Type': 'text/event-stream',
            'Cache-Control': 'no-cache',
            Connection: 'keep-alive',
        });
        res.write('event: connected\ndata: {}\n\n');
        clients.add(res);
        req.on('close', () => clients.delete(res));
    });

    function broadcast(id, event, data) {
        // Serialised once for all clients.
        const frame = `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify({ event, data })}\n\n`;
        for (const res of clients) res.write(frame);
    }
    return { router, broadcast };
}
