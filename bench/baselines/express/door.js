// The webhook: verify the signature with Twilio's own helper, keep the event, say thank you.
import express from 'express';
import twilio from 'twilio';

const INSERT = {
    name: 'inbox_insert',
    text: `INSERT INTO webhook_inbox (source, event_type, call_sid, dedupe_key, payload)
         VALUES ('twilio_voice', 'call-status', $1, $2, $3)
         ON CONFLICT (dedupe_key) DO NOTHING`,
};

export function door({ pool, token, baseUrl, onStored }) {
    const router = express.Router();

    router.post(
        '/webhooks/twilio/voice-status',
        express.urlencoded({ extended: false }),
        async (req, res) => {
            const signature = req.get('X-Twilio-Signature') ?? '';
            if (!twilio.validateRequest(token, signature, baseUrl + req.originalUrl, req.body)) {
                res.sendStatus(403);
                return;
            }
            const { CallSid, CallStatus, SequenceNumber } = req.body;
            await pool.query({
                ...INSERT,
                values: [CallSid, `${CallSid}:${CallStatus}:${SequenceNumber}`, req.body],
            });
            onStored();
            res.status(204).end();
        },
    );
    return router;
}
