// SPDX-License-Identifier: MIT
//
// node:http and node:crypto and nothing else, in one process: what Node.js can do for a webhook.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

const WORDS = [
  'A dozen rolls, gladly. ',
  'The rye bread comes out of the oven at seven. ',
  'Shall I put both aside for you?',
];
const MAX_SKEW = 300; // seconds
const { values } = parseArgs({ options: { says: { type: 'string', default: '3' } } });
const says = Number(values.says);
const secret = process.env.LAYERCODE_WEBHOOK_SECRET;
if (!secret) throw new Error('LAYERCODE_WEBHOOK_SECRET is not set');

function isSigned(signature, body) {
  const match = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(signature ?? '');
  if (!match) return false;
  if (Math.abs(Math.floor(Date.now() / 1000) - Number(match[1])) > MAX_SKEW) return false;
  const expected = createHmac('sha256', secret).update(`${match[1]}.`).update(body).digest();
  return timingSafeEqual(expected, Buffer.from(match[2], 'hex'));
}

function refuse(res, status, why) {
  res.writeHead(status, { 'Content-Type': 'text/plain' }).end(why);
}

function answer(res, turn_id) {
  const send = (event) => res.write(`data: ${JSON.stringify(event)}\n\n`);
  res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache, no-transform' });
  for (let i = 0; i < says; i++) send({ type: 'response.tts', content: WORDS[i % WORDS.length], turn_id });
  send({ type: 'response.end', turn_id });
  res.end();
}

const server = createServer((req, res) => {
  const parts = [];
  req.on('data', (part) => parts.push(part));
  req.on('end', () => {
    if (req.method !== 'POST' || req.url !== '/agent') return refuse(res, 404, 'Not found');
    const body = parts.length === 1 ? parts[0] : Buffer.concat(parts);
    if (!isSigned(req.headers['layercode-signature'], body)) return refuse(res, 401, 'Unauthorized');
    let message;
    try {
      message = JSON.parse(body);
    } catch {
      return refuse(res, 400, 'Not JSON');
    }
    answer(res, message.turn_id);
  });
});

server.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`node-http answers on http://127.0.0.1:${server.address().port}`);
});
