// SPDX-License-Identifier: MIT
// Case 81: a whole call with the official js-sdk. Page → cloud (ours, on loopback) → signed webhooks →
// the real host and its plugins, and all the way back.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';
import { apiKey, startCloud } from './emulator.mjs';
import { FrontEnd } from './front_end.mjs';
import { plugin, probe, startHost } from './host.mjs';

const timeout = 60_000;
let cloud;
let host;

before(async () => {
  cloud = await startCloud();
  host = await startHost({
    config: `
      [webhook]
      agent = "greeter"
      [authorize]
      upstream = "${cloud.api}"
      [agents.greeter]
      plugin = ${JSON.stringify(plugin('greeter'))}
      [agents.probe]
      plugin = ${JSON.stringify(probe)}`,
    environment: { LAYERCODE_API_KEY: apiKey },
  });
});
after(async () => {
  await cloud?.stop();
  await host?.stop();
});
afterEach(() => assert.deepEqual(cloud.faults.splice(0), []));

// A page that is connected to the agent behind that path, and has heard its welcome.
async function call(path, options) {
  cloud.webhook = host.url(path);
  const page = new FrontEnd({ authorizeUrl: host.url('/api/authorize'), socketUrl: cloud.socketUrl, ...options });
  await page.client.connect();
  const welcome = await page.answer();
  await page.message('turn.end');
  return { page, welcome };
}

async function hangUp(page) {
  const conversation = page.client.conversationId;
  const from = cloud.ended.items.length;
  await page.client.disconnect();
  assert.equal(page.all('disconnect').length, 1);
  return cloud.ended.until(({ conversation_id }) => conversation_id === conversation, 'session.end', from);
}

test('connect, welcome, a text turn, data, disconnect', { timeout }, async () => {
  const { page, welcome } = await call('/api/agent');
  assert.deepEqual(page.statuses, ['connecting', 'connected']);
  assert.equal(welcome, 'Hello, and welcome. What is your name?');
  // The SDK tells the server, and the page, that what it does not play is played: at the end, or after
  // a second.
  const finished = 'trigger.response.audio.replay_finished';
  assert.equal(page.all('message', finished).length, 1);
  assert.deepEqual(
    page
      .all('message')
      .filter(({ type }) => type !== finished)
      .map(({ type, turn_id }) => `${type} ${turn_id}`),
    ['turn.start turn_1', 'response.text.delta turn_1', 'response.text turn_1', 'response.end turn_1', 'turn.end turn_1'],
  );

  assert.equal(await page.say('Hi, my name is Ada.'), 'Nice to meet you, Ada.');
  assert.equal(await page.say('What is my name?'), 'Your name is Ada.');
  assert.deepEqual(
    page.all('message', 'user.transcript').map(({ content }) => content),
    ['Hi, my name is Ada.', 'What is my name?'],
  );

  const { content, turn_id } = await page.send({ action: 'pick', slot: 'fri-10' });
  assert.deepEqual(content, {}); // the greeter has no use for data
  assert.equal(turn_id, 'turn_3');

  const { status, body, transcript } = await hangUp(page);
  assert.equal(status, 200);
  assert.deepEqual(JSON.parse(body), { status: 'ok' });
  assert.equal(transcript.length, 5);
  assert.deepEqual(page.statuses, ['connecting', 'connected', 'disconnected']);
  assert.deepEqual(page.all('error'), []);
  assert.deepEqual(
    cloud.received.items.map(({ type }) => type).filter((type) => type.startsWith('client.')),
    ['client.ready', 'client.response.text', 'client.response.text', 'client.response.data'],
  );
});

test('what an agent shows and says reaches the page unchanged', { timeout }, async () => {
  const { page } = await call('/agents/probe');
  assert.equal(await page.say('say é ☕ "quoted" \\n\n\u2028 end'), 'é ☕ "quoted" \\n\n\u2028 end');
  assert.equal(await page.say('mixed'), 'before after');
  assert.deepEqual(page.all('data').pop().content, { between: true });
  for (const data of [{ deep: [1, { er: null }] }, ['é', 2.5], 'text', 0, null]) {
    assert.deepEqual((await page.send(data)).content, data);
  }
  await hangUp(page);
});

test('data is answered while the agent speaks, and does not disturb it', { timeout }, async () => {
  const { page } = await call('/agents/probe');
  const from = page.seen.items.length;
  await page.client.sendClientResponseText('never'); // says waiting, until it is cancelled
  const { turn_id } = await page.message('response.text.delta', from);
  const answer = await page.send({ while: 'speaking' });
  assert.deepEqual(answer.content, { while: 'speaking' });
  assert.equal(answer.turn_id, turn_id);
  assert.equal(page.all('message', 'response.end').some((end) => end.turn_id === turn_id), false);
  await hangUp(page);
});

test('a word of the user cuts the agent off, which learns of it', { timeout }, async () => {
  const { page } = await call('/agents/probe');
  const before = page.seen.items.length;
  await page.client.sendClientResponseText('never');
  const { turn_id } = await page.message('response.text.delta', before);

  const from = page.seen.items.length;
  await page.client.sendClientResponseText('echo json'); // shows the page the event that the agent got
  const { content } = await page.seen.until(({ on }) => on === 'data', 'the event', from);
  assert.equal(content.type, 'message');
  assert.deepEqual(content.interruption_context, {
    previous_turn_interrupted: true,
    words_heard: 1,
    text_heard: 'waiting',
    assistant_turn_id: turn_id,
  });
  await page.message('response.end', from);

  // The agent hears of a cancel on a thread of its own, which may be after the next turn.
  let cancels;
  do cancels = await page.say('cancels');
  while (cancels === '0');
  assert.match(cancels, /^1: (barge-in|hangup) /);
  assert.equal(page.all('message', 'response.end').some((end) => end.turn_id === turn_id), false);
  await hangUp(page);
});

test('who calls again in the same conversation is known', { timeout }, async () => {
  const first = await call('/api/agent');
  await first.page.say('My name is Grace.');
  const { conversationId } = first.page.client;
  await hangUp(first.page);
  const again = await call('/api/agent', { conversationId });
  assert.equal(again.welcome, 'Welcome back, Grace.');
  await hangUp(again.page);
});
