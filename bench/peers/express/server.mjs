// SPDX-License-Identifier: MIT
//
// Express with Layercode's SDK, as the guide for Express has it: its Response is piped into Express's.
// Two things differ from the guide, so that the work is that of the others: the signature is checked
// over the bytes that came (the guide serialises the parsed body anew), and no model is asked.
import { Readable } from 'node:stream';
import { parseArgs } from 'node:util';
import { streamResponse, verifySignature } from '@layercode/node-server-sdk';
import express from 'express';

const WORDS = [
  'A dozen rolls, gladly. ',
  'The rye bread comes out of the oven at seven. ',
  'Shall I put both aside for you?',
];
const { values } = parseArgs({ options: { says: { type: 'string', default: '3' } } });
const says = Number(values.says);
const secret = process.env.LAYERCODE_WEBHOOK_SECRET;
if (!secret) throw new Error('LAYERCODE_WEBHOOK_SECRET is not set');

const app = express();
app.use(express.text({ type: 'application/json' }));

app.post('/agent', async (req, res) => {
  const payload = typeof req.body === 'string' ? req.body : '';
  const signature = req.header('layercode-signature') || '';
  if (!verifySignature({ payload, signature, secret })) {
    res.status(401).send('Unauthorized');
    return;
  }
  let message;
  try {
    message = JSON.parse(payload);
  } catch {
    res.status(400).send('Not JSON');
    return;
  }
  const response = streamResponse(message, async ({ stream }) => {
    for (let i = 0; i < says; i++) stream.tts(WORDS[i % WORDS.length]);
    stream.end();
  });
  response.headers.forEach((value, key) => res.setHeader(key, value));
  res.status(response.status);
  Readable.fromWeb(response.body).pipe(res);
});

const server = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`express answers on http://127.0.0.1:${server.address().port}`);
});
