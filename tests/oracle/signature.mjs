// SPDX-License-Identifier: MIT
// Does the host believe what the official SDK believes? Thousands of requests, genuine, forged and
// odd, get a verdict of each; where the two may differ is written down, and nowhere else do they.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { verifySignature } from '@layercode/node-server-sdk';
import { mac, post, startHost, textOf, unixTime } from './host.mjs';
import { Random } from './random.mjs';

const seed = 20260217;
const requests = 3000;
const connections = 8;
const tolerance = 300; // seconds, both sides' default
const key = 'whsec_éclair_☕_0123456789'; // text, of which the UTF-8 is the key

// ---- The differences that are meant (protocol §3.2: column "ours" against column "N") ----

const sdkOnly = { sdk: true, host: false };
const hostOnly = { sdk: false, host: true };

const allowed = {
  'a space behind the comma': { ...hostOnly, why: 'optional space around items is harmless, and proxies add it' },
  'a space before the comma': { ...hostOnly, why: 'optional space, as behind it' },
  'v1 before t': { ...hostOnly, why: 'the order of items means nothing; every other implementation accepts it' },
  'two v1, the second good': { ...hostOnly, why: 'any match counts, so that secrets can be rotated' },
  'an unknown item between t and v1': { ...hostOnly, why: 'a later version of the scheme may add items' },
  'a body that is not UTF-8': { ...hostOnly, why: 'we check the bytes that were signed, then answer 400; the SDK is given decoded text' },
  'a body with a byte order mark': { ...hostOnly, why: 'the MAC is over the mark; text() of a Request drops it' },

  'two t, the second good': { ...sdkOnly, why: 'which of them was signed is ambiguous; the SDK takes whatever stands before v1' },
  'two t, both good': { ...sdkOnly, why: 'ambiguous too, as long as nobody compares them' },
  'two header lines': { ...sdkOnly, why: 'ambiguous (case 10 of §8); node joins the lines, and the SDK reads the first' },
  'a word in front': { ...sdkOnly, why: 'the SDK searches its pattern anywhere in the value' },
  'a letter glued to t': { ...sdkOnly, why: 'xt=… is not t=…; the SDK searches its pattern anywhere' },
  'letters behind v1': { ...sdkOnly, why: 'the SDK stops reading at the first that is no hex digit' },
  't with leading zeros, the MAC over the number': { ...sdkOnly, why: 'the SDK hashes the number it read, not the bytes that were sent' },
  'bytes beyond ASCII in another item': { ...sdkOnly, why: 'no signer sends them, so nothing is gained by looking further' },
  'nine v1, the first good': { ...sdkOnly, why: 'each costs a MAC for each secret: at most 8 are read' },
  'a header longer than 1 KiB': { ...sdkOnly, why: 'nothing genuine is so long, and it is read before anything is believed' },
};

// ---- Requests ----

const zeros = '0'.repeat(64);
const upperHalf = (hex) => [...hex].map((c, i) => (i % 2 ? c.toUpperCase() : c)).join('');

// Headers by what is odd about them, given the time, its MAC, and a MAC over other text instead of it.
const headers = {
  // What the pipeline sends.
  'as documented': (t, v1) => `t=${t},v1=${v1}`,

  // Odd, and no reason to refuse.
  'space around the value': (t, v1) => `  t=${t},v1=${v1} \t`,
  'two v1, the first good': (t, v1) => `t=${t},v1=${v1},v1=${zeros}`,
  'two v1, the second good': (t, v1) => `t=${t},v1=${zeros},v1=${v1}`,
  'an unknown item behind': (t, v1) => `t=${t},v1=${v1},v2=abc`,
  'an unknown item in front': (t, v1) => `v0=abc,t=${t},v1=${v1}`,
  'an unknown item between t and v1': (t, v1) => `t=${t},v0=abc,v1=${v1}`,
  'an item without =': (t, v1) => `t=${t},v1=${v1},flag`,
  'a comma at the end': (t, v1) => `t=${t},v1=${v1},`,
  'a space behind the comma': (t, v1) => `t=${t}, v1=${v1}`,
  'a space before the comma': (t, v1) => `t=${t} ,v1=${v1}`,
  'v1 before t': (t, v1) => `v1=${v1},t=${t}`,

  // Refused by both.
  'no header': () => undefined,
  'an empty header': () => '',
  'a word': () => 'garbage',
  'no t': (t, v1) => `v1=${v1}`,
  'no v1': (t) => `t=${t}`,
  'an empty t': (t, v1) => `t=,v1=${v1}`,
  'an empty v1': (t) => `t=${t},v1=`,
  'only the MAC': (t, v1) => v1,
  'two v1, none good': (t, v1) => `t=${t},v1=${zeros},v1=${v1.slice(1)}0`,
  'hex in upper case': (t, v1) => `t=${t},v1=${v1.toUpperCase()}`,
  'hex in mixed case': (t, v1) => `t=${t},v1=${upperHalf(v1)}`,
  '63 digits': (t, v1) => `t=${t},v1=${v1.slice(0, 63)}`,
  '65 digits': (t, v1) => `t=${t},v1=${v1}0`,
  'spaces around =': (t, v1) => `t = ${t},v1 = ${v1}`,
  'a semicolon': (t, v1) => `t=${t};v1=${v1}`,
  'names in upper case': (t, v1) => `T=${t},V1=${v1}`,
  'quoted values': (t, v1) => `t="${t}",v1="${v1}"`,
  'the form of other products': (t, v1) => `sha256=${v1}`,
  't with leading zeros, the MAC over the text': (t, v1, over) => `t=00${t},v1=${over(`00${t}`)}`,
  't with a plus, the MAC over the text': (t, v1, over) => `t=+${t},v1=${over(`+${t}`)}`,
  't with a plus, the MAC over the number': (t, v1) => `t=+${t},v1=${v1}`,
  't with a minus': (t, v1, over) => `t=-${t},v1=${over(-t)}`,
  't with an underscore': (t, v1, over) => `t=${`${t}`.replace(/^./, '$&_')},v1=${over(`${t}`.replace(/^./, '$&_'))}`,
  't with a fraction': (t, v1, over) => `t=${t}.0,v1=${over(`${t}.0`)}`,
  't with letters': (t, v1, over) => `t=${t}abc,v1=${over(`${t}abc`)}`,
  't in hexadecimal': (t, v1, over) => `t=0x${t.toString(16)},v1=${over(t)}`,
  't with digits beyond ASCII': (t, v1, over) => `t=${t}\xb2,v1=${over(`${t}\xb2`)}`,
  't in milliseconds': (t, v1, over) => `t=${t}000,v1=${over(`${t}000`)}`,
  't of 30 digits': (t, v1, over) => `t=${'9'.repeat(30)},v1=${over('9'.repeat(30))}`,

  // Believed by the SDK.
  'two t, the second good': (t, v1) => `t=1,t=${t},v1=${v1}`,
  'two t, both good': (t, v1) => `t=${t},t=${t},v1=${v1}`,
  'two header lines': (t, v1) => [`t=${t},v1=${v1}`, `t=${t},v1=${v1}`],
  'a word in front': (t, v1) => `foo t=${t},v1=${v1}`,
  'a letter glued to t': (t, v1) => `xt=${t},v1=${v1}`,
  'letters behind v1': (t, v1) => `t=${t},v1=${v1}zz`,
  't with leading zeros, the MAC over the number': (t, v1) => `t=00${t},v1=${v1}`,
  'bytes beyond ASCII in another item': (t, v1) => `t=${t},v1=${v1},note=\xe9`,
  'nine v1, the first good': (t, v1) => `t=${t},v1=${v1}${`,v1=${zeros}`.repeat(8)}`,
  'a header longer than 1 KiB': (t, v1) => `t=${t},v1=${v1},pad=${'x'.repeat(1000)}`,
};

const escaped = (json) => json.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);

const message = (random, id) => ({
  type: 'message',
  session_id: `sess_${id}`,
  conversation_id: `conv_${id}`, // one for each request: a message would end another's turn
  turn_id: random.chance(0.5) ? `turn_${id}` : random.text(2),
  text: random.text(),
});

// Bodies as signers of all kinds write them. Whether one is any good is the host's second question.
const bodies = [
  (random, id) => JSON.stringify(message(random, id)),
  (random, id) => JSON.stringify({ ...message(random, id), custom_metadata: { [random.text(2)]: random.text(2) } }),
  (random, id) => JSON.stringify(message(random, id), null, random.pick([1, 2, '\t'])) + random.pick(['', '\n', '\r\n']),
  (random, id) => escaped(JSON.stringify(message(random, id))).replaceAll('/', '\\/'),
  (random, id) => `{"type":"session.update","conversation_id":"conv_${id}","recording_duration":${random.pick(['27.0', '1e3', '-0', '9007199254740993', '42.30'])}}`,
  (random, id) => `{"text":"first","type":"message","conversation_id":"conv_${id}","text":"second","10":1,"2":2}`,
  (random, id) => JSON.stringify({ type: random.pick(['data', 'session.end', 'unheard.of']), conversation_id: `conv_${id}`, data: random.text() }),
  (random, id) => JSON.stringify({ ...message(random, id), text: random.text(4).repeat(200) }),
  (random, id) => JSON.stringify(message(random, id)).slice(0, -1 - random.below(20)), // breaks off
  (random) => random.pick(['', ' ', '{}', '[]', 'null', '"message"', '17', '{"type":7}', 'type=message', '<message/>']),
  (random) => random.text(20).replace(/^\ufeff+/, ''), // with a mark it is a case of its own
  (random) => '['.repeat(random.below(3000)),
];

const oddBodies = {
  'a body that is not UTF-8': (random, id) => Buffer.concat([Buffer.from(JSON.stringify(message(random, id))), Buffer.from([random.pick([0x80, 0xc0, 0xff])])]),
  'a body with a byte order mark': (random, id) => Buffer.from(`\ufeff${JSON.stringify(message(random, id))}`),
};

// What makes a signature false, whatever its form; nothing at all in half of the requests.
const flaws = ['wrong secret', 'a byte changed', 'a digit changed', 'stale', 'from the future'];

function otherByte(random, bytes) {
  if (bytes.length === 0) return Buffer.from(' ');
  const changed = Buffer.from(bytes);
  changed[random.below(changed.length)] ^= 1 + random.below(255);
  return changed;
}

function otherDigit(random, hex) {
  const at = random.below(hex.length);
  const digit = (parseInt(hex[at], 16) + 1 + random.below(15)) % 16;
  return hex.slice(0, at) + digit.toString(16) + hex.slice(at + 1);
}

function age(random, flaw) {
  const far = random.pick([0, 0, 1, 60, 86_400, 10 ** 8]);
  if (flaw === 'stale') return tolerance + 1 + far;
  if (flaw === 'from the future') return -(tolerance + 1 + far);
  if (random.chance(0.5)) return 0;
  return random.pick([tolerance, -tolerance, random.below(2 * tolerance + 1) - tolerance]);
}

// Everything but the time, which is told when the request is sent.
function request(random, id) {
  const flaw = random.chance(0.5) ? undefined : random.pick(flaws);
  const kind = random.chance(0.5) ? 'as documented' : random.pick([...Object.keys(headers), ...Object.keys(oddBodies)]);
  const write = headers[kind] ?? headers['as documented'];
  const signed = kind in oddBodies ? oddBodies[kind](random, id) : Buffer.from(random.pick(bodies)(random, id));
  const body = flaw === 'a byte changed' ? otherByte(random, signed) : signed;
  const usedKey = flaw === 'wrong secret' ? random.pick(['whsec_other', key.slice(1), `${key} `, '']) : key;
  const sentAge = age(random, flaw);
  const damageSeed = random.below(2 ** 32); // the same digit at every attempt
  const sign = (t) => {
    const over = (time) => {
      const hex = mac(time, signed, usedKey);
      return flaw === 'a digit changed' ? otherDigit(new Random(damageSeed), hex) : hex;
    };
    return write(t, over(t), over);
  };
  const nearEdge = Math.abs(Math.abs(sentAge) - tolerance) < 30; // no answer takes 30 s
  return { id, kind, flaw, body, nearEdge, header: () => sign(unixTime() - sentAge) };
}

// ---- Verdicts ----

// As a node server hands it to the SDK: lines joined, space around it gone; examples pass '' for none.
const asReceived = (header) => [header ?? ''].flat().join(', ').replace(/^[ \t]+|[ \t]+$/g, '');

// The body as `await request.text()` gives it.
const believedBySdk = ({ body }, header) =>
  verifySignature({ payload: new TextDecoder().decode(body), signature: asReceived(header), secret: key });

let host;
const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
const sockets = new Set();

before(async () => {
  host = await startHost({
    arguments: ['--plugins', `${process.env.PATCHBAY_BUILD}/plugins`, '--agent', 'echo', '--log-level', 'off'],
    environment: { LAYERCODE_WEBHOOK_SECRET: key },
  });
});
after(async () => {
  agent.destroy();
  await host?.stop();
});

// A body beyond this is refused by its head alone, and then the connection is closed (decision 0018).
const smallBody = 16 * 1024;
let refusedAtHead = 0;

async function statusOf({ body }, header) {
  const response = await post(host.url('/api/agent'), {
    agent,
    body,
    headers: header === undefined ? {} : { 'layercode-signature': header },
  });
  sockets.add(response.socket);
  if (response.headers.connection === 'close') {
    assert(response.statusCode === 401 && body.length > smallBody, `a connection is closed after ${response.statusCode}`);
    ++refusedAtHead;
  }
  await textOf(response);
  return response.statusCode;
}

// Both verdicts over the same bytes. Near an edge of the tolerance both must be found within one second
// of the clock, or each would be right at its own time.
async function verdicts(request) {
  for (;;) {
    const second = unixTime();
    const header = request.header();
    const sdk = believedBySdk(request, header);
    const status = await statusOf(request, header);
    if (!request.nearEdge || second === unixTime()) return { header, sdk, status };
  }
}

const shown = ({ id, kind, flaw, body }, { header, sdk, status }) =>
  JSON.stringify({ id, kind, flaw, header, body: body.toString('latin1').slice(0, 2000), sdk, status }, null, 1);

test(`${requests} requests (seed ${seed}) get the official verdict, or one that is on the list`, { timeout: 120_000 }, async (t) => {
  const random = new Random(seed);
  const all = Array.from({ length: requests }, (_, id) => request(random, id));
  const queue = [...all];
  const seen = new Map();
  const count = { 'believed by both': 0, 'refused by both': 0, 'believed by one': 0 };

  const judge = (request, verdict) => {
    const { sdk, status } = verdict;
    assert([200, 400, 401].includes(status), `an answer to every request: ${shown(request, verdict)}`);
    const believed = status !== 401;
    if (request.flaw) assert(!believed, `a false signature is never believed: ${shown(request, verdict)}`);
    if (believed === sdk) return void ++count[sdk ? 'believed by both' : 'refused by both'];
    const entry = allowed[request.kind];
    assert(entry && entry.sdk === sdk && entry.host === believed, `a difference that is not on the list: ${shown(request, verdict)}`);
    ++count['believed by one'];
    seen.set(request.kind, (seen.get(request.kind) ?? 0) + 1);
  };
  const ask = async () => {
    for (let next = queue.pop(); next; next = queue.pop()) judge(next, await verdicts(next));
  };
  await Promise.all(Array.from({ length: connections }, ask));

  t.diagnostic(JSON.stringify(count));
  for (const [kind, times] of seen) t.diagnostic(`${times} x ${kind}: ${allowed[kind].why}`);
  const unseen = Object.keys(allowed).filter((kind) => !seen.has(kind));
  assert.deepEqual(unseen, [], 'every difference on the list was met; strike out those that are gone');
  assert(count['believed by both'] > requests / 5, 'enough genuine requests');
  assert(sockets.size <= connections + refusedAtHead, `connections are kept for the next request; there were ${sockets.size}`);
  t.diagnostic(`${refusedAtHead} x a large body refused by its head`);
});
