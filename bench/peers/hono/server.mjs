// SPDX-License-Identifier: MIT
//
// Hono on its server for Node.js, with Layercode's SDK, as the guide for Hono has it; but no model is asked.
import { parseArgs } from 'node:util';
import { serve } from '@hono/node-server';
import { streamResponse, verifySignature } from '@layercode/node-server-sdk';
import { Hono } from 'hono';

const WORDS = [
  'A dozen rolls, gladly. ',
  'The rye bread comes out of the oven at seven. ',
  'Shall I put both aside for you?',
];
const { values } = parseArgs({ options: { says: { type: 'string', default: '3' } } });
const says = Number(values.says);
const secret = process.env.LAYERCODE_WEBHOOK_SECRET;
if (!secret) throw new Error('LAYERCODE_WEBHOOK_SECRET is not set');

const app = new Hono();

app.post('/agent', async (c) => {
  const payload = await c.req.text();
  const signature = c.req.header('layercode-signature') || '';
  if (!verifySignature({ payload, signature, secret })) return c.json({ error: 'Invalid signature' }, 401);
  let message;
  try {
    message = JSON.parse(payload);
  } catch {
    return c.json({ error: 'Not JSON' }, 400);
  }
  return streamResponse(message, async ({ stream }) => {
    for (let i = 0; i < says; i++) stream.tts(WORDS[i % WORDS.length]);
    stream.end();
  });
});

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(process.env.PORT ?? 0) }, ({ port }) => {
  console.log(`hono answers on http://127.0.0.1:${port}`);
});
