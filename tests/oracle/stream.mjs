// SPDX-License-Identifier: MIT
// Is a reply of ours what the official SDK would have sent? The same signed bytes go to an agent
// written with its streamResponse, on a node server as its examples show, and to an agent of ours;
// both replies, parsed, must be the same events. Where they differ on purpose, both sides are written
// down here.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { after, before, test } from 'node:test';
import { streamResponse, verifySignature } from '@layercode/node-server-sdk';
import { eventsOf, plugin, post, probe, secret, signature, startHost } from './host.mjs';
import { Random } from './random.mjs';

// ---- The official side ----

// What the two plugins do, in the words of the SDK. `rest` is the text behind the command.
const probeCommands = {
  say: ({ tts }, rest) => tts(rest),
  data: ({ data }, rest) => data(JSON.parse(rest)),
  burst: ({ tts }, rest) => {
    for (let i = 1; i <= Number(rest); ++i) tts(`${i} `);
  },
  mixed: ({ tts, data }) => {
    tts('before ');
    data({ between: true });
    tts('after');
  },
  fail: () => {
    throw new Error('told to fail');
  },
};

const sdkAgents = {
  echo(event, stream) {
    if (event.type === 'message') {
      stream.tts('You said: ');
      stream.tts(event.text);
    }
    stream.end();
  },
  probe(event, stream) {
    if (event.type === 'session.start') {
      stream.tts('Welcome.');
    } else {
      const [, command, rest] = /^(\S*) ?(.*)$/s.exec(event.text);
      probeCommands[command](stream, rest);
    }
    stream.end();
  },
};

// Hands a Response to node's server, as every framework does that runs the SDK's examples.
async function sendResponse(response, to) {
  to.writeHead(response.status, Object.fromEntries(response.headers));
  for await (const piece of response.body) to.write(piece);
  to.end();
}

const sdkServer = http.createServer(async (request, response) => {
  const pieces = [];
  for await (const piece of request) pieces.push(piece);
  const payload = Buffer.concat(pieces).toString();
  if (!verifySignature({ payload, signature: request.headers['layercode-signature'] ?? '', secret })) {
    return response.writeHead(401).end();
  }
  const event = JSON.parse(payload);
  const agent = sdkAgents[request.url.replace('/agents/', '')];
  await sendResponse(streamResponse(event, async ({ stream }) => agent(event, stream)), response);
});

// ---- Both sides ----

let host;
let sdkPort;
const keepAlive = new http.Agent({ keepAlive: true });

before(async () => {
  sdkServer.listen(0, '127.0.0.1');
  await once(sdkServer, 'listening');
  sdkPort = sdkServer.address().port;
  host = await startHost({
    config: `
      [webhook]
      fallback = "Sorry."
      [agents.echo]
      plugin = ${JSON.stringify(plugin('echo'))}
      [agents.probe]
      plugin = ${JSON.stringify(probe)}`,
  });
});
after(async () => {
  keepAlive.destroy();
  sdkServer.close();
  await host?.stop();
});

let conversations = 0;

const ids = () => ({ session_id: 'sess_1', conversation_id: `conv_${++conversations}`, turn_id: 'turn_1' });
const message = (text, more = {}) => ({ type: 'message', ...ids(), text, ...more });

async function ask(url, body) {
  const response = await post(url, { body, agent: keepAlive, headers: { 'layercode-signature': signature(body) } });
  assert.equal(response.statusCode, 200);
  const events = [];
  for await (const event of eventsOf(response)) events.push(event);
  return { events, headers: response.headers };
}

// The two replies to the same event.
async function replies(agent, event) {
  const body = JSON.stringify(event);
  const [sdk, ours] = await Promise.all([ask(`http://127.0.0.1:${sdkPort}/agents/${agent}`, body), ask(host.url(`/agents/${agent}`), body)]);
  return { sdk, ours };
}

async function same(agent, event) {
  const { sdk, ours } = await replies(agent, event);
  assert.deepEqual(ours.events, sdk.events);
  return ours.events;
}

// ---- What is the same ----

test('plain words are the same events, turn_id and end included', async () => {
  const events = await same('echo', message('What time do you open?'));
  assert.deepEqual(events, [
    { type: 'response.tts', content: 'You said: ', turn_id: 'turn_1' },
    { type: 'response.tts', content: 'What time do you open?', turn_id: 'turn_1' },
    { type: 'response.end', turn_id: 'turn_1' },
  ]);
});

test('text that an encoder could break is the same', async () => {
  for (const text of [
    'one\ntwo\r\nthree\n\ndata: four',
    '"quoted", \\backslashed\\, \\n, \\u0041 and /slashed/',
    'tab\t, NUL \0, escape \x1b, delete \x7f',
    'é e\u0301 漢字 שלום ☕ 😀 👩‍🚀 \u{10ffff}',
    'separators \u0085 \u2028 \u2029, a mark \ufeff, a replacement \ufffd',
    '</script><!--',
    '   spaces around   ',
    'long '.repeat(20_000),
  ]) {
    await same('echo', message(text));
    await same('probe', message(`say ${text}`));
  }
});

test('300 random texts and turn ids are the same (fixed seed)', async () => {
  const random = new Random(75);
  // The host takes no id with a control character in it (decision 0017).
  const id = () => `.${random.text(3).replace(/[\x00-\x1f\x7f]/g, '-')}`;
  for (let i = 0; i < 300; ++i) {
    await same('echo', message(`.${random.text()}`, { turn_id: id() }));
  }
});

test('data of every JSON type is the same', async () => {
  for (const data of [
    {},
    { delta: 'word', n: [1, -2.5, 1e21, 1e-7, 0], deep: { er: [[[]]] }, none: null, yes: true },
    { 'key "quoted"\n': 'é ☕ 😀 \u2028', '': '' },
    [1, 'two', { three: 3 }],
    'text',
    17,
    27.5,
    true,
    false,
    null,
  ]) {
    await same('probe', message(`data ${JSON.stringify(data)}`));
  }
});

test('words and data come in the order in which they were given', async () => {
  const events = await same('probe', message('mixed'));
  assert.deepEqual(
    events.map(({ type }) => type),
    ['response.tts', 'response.data', 'response.tts', 'response.end'],
  );
  assert.equal((await same('probe', message('burst 500'))).length, 501);
});

test('a silent turn is one event, the end', async () => {
  assert.deepEqual(await same('probe', message('burst 0')), [{ type: 'response.end', turn_id: 'turn_1' }]);
  assert.deepEqual(await same('echo', { type: 'session.start', ...ids() }), [{ type: 'response.end', turn_id: 'turn_1' }]);
});

test('a welcome is the same', async () => {
  const events = await same('probe', { type: 'session.start', ...ids() });
  assert.equal(events[0].content, 'Welcome.');
});

test('where the request has no turn_id, no event has one', async () => {
  const events = await same('echo', message('hello', { turn_id: undefined }));
  assert(events.every((event) => !('turn_id' in event)));
});

test('the headers that matter are the same', async () => {
  const { sdk, ours } = await replies('echo', message('hello'));
  for (const name of ['content-type', 'cache-control', 'connection', 'transfer-encoding']) {
    assert.equal(ours.headers[name], sdk.headers[name], name);
  }
  assert.equal(ours.headers['content-type'], 'text/event-stream');
  assert.equal(ours.headers['cache-control'], 'no-cache, no-transform');
});

// ---- What differs, and why ----

test('difference: "none" is no registered content coding, so we leave it out; we ask proxies not to buffer', async () => {
  const { sdk, ours } = await replies('echo', message('hello'));
  assert.equal(sdk.headers['content-encoding'], 'none');
  assert.equal(ours.headers['content-encoding'], undefined);
  assert.equal(sdk.headers['x-accel-buffering'], undefined);
  assert.equal(ours.headers['x-accel-buffering'], 'no');
});

test('difference: nothing to say is no event of ours; the SDK sends it as an empty one', async () => {
  const { sdk, ours } = await replies('echo', message(''));
  assert.deepEqual(
    sdk.events.map(({ content }) => content),
    ['You said: ', '', undefined],
  );
  assert.deepEqual(
    ours.events.map(({ content }) => content),
    ['You said: ', undefined],
  );
});

test('difference: an agent that fails apologises and ends; with the SDK the caller hears nothing, and no end comes', async () => {
  const { sdk, ours } = await replies('probe', message('fail'));
  assert.deepEqual(sdk.events, [{ type: 'response.error', error: 'told to fail', turn_id: 'turn_1' }]);
  assert.deepEqual(ours.events, [
    { type: 'response.tts', content: 'Sorry.', turn_id: 'turn_1' },
    { type: 'response.end', turn_id: 'turn_1' },
  ]);
});

test('difference: an empty turn_id is given back as it came; the SDK drops it', async () => {
  const { sdk, ours } = await replies('echo', message('hello', { turn_id: '' }));
  assert(sdk.events.every((event) => !('turn_id' in event)));
  assert(ours.events.every(({ turn_id }) => turn_id === ''));
});

test('difference: a turn_id is text; one that is not, we drop and the SDK gives back', async () => {
  const { sdk, ours } = await replies('echo', message('hello', { turn_id: 7 }));
  assert(sdk.events.every(({ turn_id }) => turn_id === 7));
  assert(ours.events.every((event) => !('turn_id' in event)));
});
