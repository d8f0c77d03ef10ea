// The pages of the table, all its rows in one answer, and Hookswitch's stream, handed through.
import { execFileSync } from 'node:child_process';
import { request } from 'node:http';

import express from 'express';

const { PORT, PAGES, DATABASE, FEED, API_KEY } = process.env;

const ROWS = `
SELECT CAST(v.id AS text) AS id, coalesce(c.display_name, c.formatted_number, c.phone_number) AS name,
       l.direction, l.display_status AS status, l.start_time / 1000 AS at
  FROM conversations v
  JOIN contacts c ON c.id = v.contact_id
  JOIN calls l ON l.id = (SELECT k.id FROM calls k
                           WHERE k.conversation_id = v.id AND k.visibility = 'visible'
                           ORDER BY k.start_time DESC, k.id DESC LIMIT 1)
 ORDER BY v.last_message_at DESC, v.id DESC`;

// Read before anybody asks: the database costs the table nothing.
const rows = execFileSync('sqlite3', ['-readonly', '-json', DATABASE, ROWS], { maxBuffer: 1 << 30 });

const app = express();

app.get('/rows', (req, res) => {
    res.type('json').send(rows);
});

app.get('/events/calls', (req, res) => {
    const feed = request(
        FEED + req.originalUrl,
        { headers: { Authorization: `Bearer ${API_KEY}` } },
        (answer) => {
            res.writeHead(answer.statusCode, answer.headers);
            answer.pipe(res);
        },
    );
    res.on('close', () => feed.destroy());
    feed.on('error', () => res.destroy());
    feed.end();
});

app.use(express.static(PAGES));
app.listen(Number(PORT), '127.0.0.1');
