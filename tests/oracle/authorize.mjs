// SPDX-License-Identifier: MIT
// The official js-sdk gets its sessions through /api/authorize, and reports refusals as pages expect.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { apiKey, startCloud } from './emulator.mjs';
import { FrontEnd } from './front_end.mjs';
import { startHost } from './host.mjs';

const timeout = 60_000;
let cloud;
let host;

const startAuthorizing = (upstream, environment = { LAYERCODE_API_KEY: apiKey }) =>
  startHost({
    arguments: ['--plugins', `${process.env.PATCHBAY_BUILD}/plugins`, '--agent', 'echo'],
    config: `
      [authorize]
      upstream = "${upstream}"
      timeout = "5s"`,
    environment,
  });

const frontEndOf = (aHost, options) => new FrontEnd({ authorizeUrl: aHost.url('/api/authorize'), socketUrl: cloud.socketUrl, ...options });

before(async () => {
  cloud = await startCloud();
  host = await startAuthorizing(cloud.api);
  cloud.webhook = host.url('/api/agent');
});
afterEach(() => {
  cloud.refusal = undefined;
  cloud.asked.length = 0;
});
after(async () => {
  await cloud?.stop();
  await host?.stop();
});

// Connects, and gives what the SDK reported instead of a session.
async function refused(frontEnd) {
  await frontEnd.client.connect(); // never rejects: the SDK reports to onError
  assert.deepEqual(frontEnd.statuses, ['connecting', 'error']);
  assert.deepEqual(frontEnd.all('connect'), []);
  const errors = frontEnd.all('error');
  assert.equal(errors.length, 1);
  return errors[0].message;
}

test('a page gets a session: key, conversation and config as the upstream gave them', { timeout }, async () => {
  const frontEnd = frontEndOf(host, { metadata: { tenant: 'acme', unicode: 'é ☕' } });
  await frontEnd.client.connect();
  const connected = await frontEnd.seen.until(({ on }) => on === 'connect', 'a connection'); // the cloud knew the key
  assert.match(connected.conversationId, /^conv_/);
  assert.deepEqual(connected.config, { transcription: { trigger: 'automatic', can_interrupt: true, automatic: true }, vad: { enabled: false } });

  const [{ authorization, body }] = cloud.asked;
  assert.equal(authorization, `Bearer ${apiKey}`);
  assert.deepEqual(body, { agent_id: 'ag_1', metadata: { tenant: 'acme', unicode: 'é ☕' }, sdk_version: body.sdk_version });
  assert.match(body.sdk_version, /^\d+\.\d+\.\d+$/);

  await frontEnd.client.disconnect();
  await cloud.ended.until(({ conversation_id }) => conversation_id === connected.conversationId, 'session.end');
  assert.deepEqual(cloud.faults, []);
});

test('a page that resumes a conversation names it', { timeout }, async () => {
  const frontEnd = frontEndOf(host, { conversationId: 'conv_resumed' });
  await frontEnd.client.connect();
  const { conversationId } = await frontEnd.seen.until(({ on }) => on === 'connect', 'a connection');
  assert.equal(conversationId, 'conv_resumed');
  assert.equal(cloud.asked[0].body.conversation_id, 'conv_resumed');
  await frontEnd.client.disconnect();
  await cloud.ended.until(({ conversation_id }) => conversation_id === 'conv_resumed', 'session.end');
});

test('an empty balance is reported in the words that pages search for', { timeout }, async () => {
  cloud.refusal = { status: 402, body: { error: 'Insufficient balance' } };
  assert.equal(await refused(frontEndOf(host)), 'Failed to authorize conversation: insufficient_balance');
});

test('a missing agent_id is a bad request, and no question to the upstream', { timeout }, async () => {
  assert.equal(await refused(frontEndOf(host, { agentId: undefined })), 'Failed to authorize conversation: Bad Request');
  assert.deepEqual(cloud.asked, []);
});

test('another refusal of the upstream keeps its status', { timeout }, async () => {
  cloud.refusal = { status: 400, body: { error: 'unknown agent' } };
  assert.equal(await refused(frontEndOf(host)), 'Failed to authorize conversation: Bad Request');
  cloud.refusal = { status: 503, body: { error: 'later' } };
  assert.equal(await refused(frontEndOf(host)), 'Failed to authorize conversation: Service Unavailable');
});

test('an upstream that is down is a bad gateway', { timeout }, async () => {
  const nobody = createServer().listen(0, '127.0.0.1');
  await once(nobody, 'listening');
  const { port } = nobody.address();
  nobody.close();
  await once(nobody, 'close'); // nobody listens there any more

  const lonely = await startAuthorizing(`http://127.0.0.1:${port}/v1`);
  try {
    assert.equal(await refused(frontEndOf(lonely)), 'Failed to authorize conversation: Bad Gateway');
  } finally {
    await lonely.stop();
  }
});

test('a host without an API key says so, and asks nobody', { timeout }, async () => {
  const keyless = await startAuthorizing(cloud.api, {});
  try {
    assert.equal(await refused(frontEndOf(keyless)), 'Failed to authorize conversation: Internal Server Error');
    assert.deepEqual(cloud.asked, []);
  } finally {
    await keyless.stop();
  }
});
