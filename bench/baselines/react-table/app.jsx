// All conversations in one table: read once, then kept up to date by the stream.
import { memo, useEffect, useState } from 'react';

import { withCall } from './rows.js';

const EVENTS = ['call.created', 'call.updated'];
const time = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' });

const Row = memo(function Row({ row }) {
    return (
        <tr data-conversation={row.id}>
            <td>{row.name}</td>
            <td>{row.direction}</td>
            <td>{row.status}</td>
            <td>{time.format(row.at)}</td>
        </tr>
    );
});

function useRows() {
    const [rows, setRows] = useState(null);
    useEffect(() => {
        let source;
        const follow = () => {
            source = new EventSource('/events/calls');
            for (const name of EVENTS)
                source.addEventListener(name, ({ data }) => {
                    const { call } = JSON.parse(data);
                    setRows((known) => withCall(known, call));
                });
        };
        fetch('/rows')
            .then((answer) => answer.json())
            .then(setRows)
            .then(follow);
        return () => source?.close();
    }, []);
    return rows;
}

export function App() {
    const rows = useRows();
    if (rows === null) return <p>Loading …</p>;
    return (
        <>
            <h1>{rows.length} conversations</h1>
            <table>
                <thead>
                    <tr>
                        <th>Caller</th>
                        <th>Direction</th>
                        <th>Last call</th>
                        <th>Time</th>
                    </tr>
                </thead>
                <tbody>
                    {rows.map((row) => (
                        <Row key={row.id} row={row} />
                    ))}
                </tbody>
            </table>
        </>
    );
}
