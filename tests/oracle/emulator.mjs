// SPDX-License-Identifier: MIT
// A small stand-in for Layercode's cloud, on loopback: authorizes sessions, speaks its WebSocket with
// the front end, and turns what happens there into signed webhooks (protocol §5). Text only.
//
// It trusts neither side: whatever breaks the protocol is a line in `faults`, which tests want empty.
import { once } from 'node:events';
import http from 'node:http';
import { WebSocketServer } from 'ws';
import { eventsOf, post, signature, textOf } from './host.mjs';
import { Record } from './record.mjs';

export const apiKey = 'lk_test_key_42';

const authorizePath = '/v1/agents/web/authorize_session';
const socketPath = '/v1/agents/web/websocket';

// One connection of a front end.
class Session {
  #turns = 0;
  #turn; // that runs: { id, spoken, abort }
  #interrupted; // the turn before, where it was cut off
  #transcript = [];
  #ready = false;

  constructor(cloud, socket, { conversation, key }) {
    this.cloud = cloud;
    this.socket = socket;
    this.ids = { session_id: `sess_${key}`, conversation_id: conversation };
    socket.on('message', (frame) => this.#receive(JSON.parse(frame)));
    socket.once('close', () => this.#end());
  }

  #send(message) {
    if (this.socket.readyState === this.socket.OPEN) this.socket.send(JSON.stringify(message));
  }
  #fault(what) {
    this.cloud.faults.push(what);
  }

  #receive(message) {
    this.cloud.received.push(message);
    switch (message.type) {
      case 'client.ready':
        if (this.#ready) return this.#fault('client.ready came twice');
        this.#ready = true;
        return this.#run({ type: 'session.start' });
      case 'client.response.text':
        return this.#hear(message.content);
      case 'client.response.data':
        return this.#relayData(message.data);
      case 'trigger.response.audio.replay_finished':
        return undefined;
      default:
        return this.#fault(`the front end sent ${JSON.stringify(message)}`);
    }
  }

  // The user speaks: whatever the agent still says is cut off, by closing its request (§1.6).
  #hear(text) {
    this.#interrupt();
    const turn_id = `user-${this.#turns + 1}`;
    this.#send({ type: 'turn.start', role: 'user', turn_id });
    this.#send({ type: 'user.transcript', content: text, turn_id });
    this.#send({ type: 'turn.end', role: 'user', turn_id });
    this.#transcript.push({ role: 'user', text, timestamp: Date.now() });
    const before = this.#interrupted;
    this.#interrupted = undefined;
    return this.#run({
      type: 'message',
      text,
      ...(before && {
        interruption_context: {
          previous_turn_interrupted: true,
          words_heard: before.spoken.split(/\s+/).filter(Boolean).length,
          text_heard: before.spoken,
          assistant_turn_id: before.id,
        },
      }),
    });
  }

  #interrupt() {
    if (!this.#turn) return;
    this.#interrupted = this.#turn;
    this.#turn.abort.abort();
    this.#close(this.#turn);
  }

  // Nothing more will be heard of it. Once only: it may be cut off behind its end.
  #close(turn) {
    if (this.#turn !== turn) return;
    this.#turn = undefined;
    if (turn.spoken) this.#transcript.push({ role: 'assistant', text: turn.spoken, timestamp: Date.now() });
  }

  // One turn of the assistant: a webhook, and its reply as it comes.
  async #run(event) {
    const turn = { id: `turn_${++this.#turns}`, spoken: '', abort: new AbortController() };
    this.#turn = turn;
    this.#send({ type: 'turn.start', role: 'assistant', turn_id: turn.id });
    try {
      const response = await this.#post({ ...event, turn_id: turn.id }, turn.abort.signal);
      await this.#relay(response, turn);
    } catch (error) {
      if (!turn.abort.signal.aborted) this.#fault(`${event.type}: ${error.message}`);
    } finally {
      this.#close(turn);
      this.#send({ type: 'turn.end', role: 'assistant', turn_id: turn.id });
    }
  }

  async #relay(response, turn) {
    if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}: ${await textOf(response)}`);
    let ended = false;
    for await (const { type, content, turn_id } of eventsOf(response)) {
      if (ended) this.#fault(`${type} came after the end of ${turn.id}`);
      if (turn_id !== turn.id) this.#fault(`${type} of ${turn_id} came in ${turn.id}`);
      switch (type) {
        case 'response.tts':
          turn.spoken += content;
          this.#send({ type: 'response.text.delta', content, turn_id });
          break;
        case 'response.data':
          this.#send({ type, content, turn_id });
          break;
        case 'response.end':
          ended = true;
          this.#close(turn); // before the front end hears of it, and maybe speaks
          if (turn.spoken) this.#send({ type: 'response.text', content: turn.spoken, turn_id });
          this.#send({ type, turn_id });
          break;
        default:
          this.#fault(`an event of type ${type}`);
      }
    }
    if (!ended) this.#fault(`${turn.id} had no end`);
  }

  // Does not disturb the turn that runs; the answer is JSON, and goes straight to the front end (§2.5).
  async #relayData(data) {
    try {
      const turn_id = this.#turn?.id ?? `turn_${this.#turns}`;
      const response = await this.#post({ type: 'data', data, turn_id });
      const body = await textOf(response);
      if (response.statusCode !== 200) throw new Error(`status ${response.statusCode}: ${body}`);
      this.#send({ type: 'response.data', content: JSON.parse(body), turn_id });
    } catch (error) {
      this.#fault(`data: ${error.message}`);
    }
  }

  async #end() {
    this.#interrupt();
    try {
      const ended_at = new Date().toISOString();
      const response = await this.#post({
        type: 'session.end',
        agent_id: 'ag_1',
        started_at: ended_at,
        ended_at,
        duration: 1200,
        transcription_duration_seconds: null,
        tts_duration_seconds: null,
        latency: null,
        ip_address: null,
        country_code: null,
        recording_status: 'disabled',
        transcript: this.#transcript,
      });
      this.cloud.ended.push({ ...this.ids, status: response.statusCode, body: await textOf(response), transcript: this.#transcript });
    } catch (error) {
      this.#fault(`session.end: ${error.message}`);
    }
  }

  #post(event, signal) {
    const body = JSON.stringify({ ...event, ...this.ids });
    return post(this.cloud.webhook, { body, signal, headers: { 'layercode-signature': signature(body) } });
  }
}

class Cloud {
  #server = http.createServer((request, response) => this.#authorize(request, response));
  #sockets = new WebSocketServer({ noServer: true });
  #sessions = new Map(); // client_session_key → conversation
  #keys = 0;

  webhook; // the agent's URL; set it before a front end connects
  refusal; // { status, body } of the next authorize calls, where they shall fail

  asked = []; // authorize requests: { authorization, body }
  received = new Record('what the front end sent');
  ended = new Record('sessions that ended');
  faults = [];

  static async start() {
    const cloud = new Cloud();
    cloud.#server.on('upgrade', (request, socket, head) => cloud.#connect(request, socket, head));
    cloud.#server.listen(0, '127.0.0.1');
    await once(cloud.#server, 'listening');
    cloud.authority = `127.0.0.1:${cloud.#server.address().port}`;
    return cloud;
  }

  // What [authorize] upstream must name.
  get api() {
    return `http://${this.authority}/v1`;
  }
  get socketUrl() {
    return `ws://${this.authority}${socketPath}`;
  }

  async stop() {
    for (const socket of this.#sockets.clients) socket.terminate();
    this.#server.close();
    this.#server.closeAllConnections?.(); // node 18.2; keep-alive ones would hold it open
    await once(this.#server, 'close');
  }

  async #authorize(request, response) {
    const text = await textOf(request);
    const answer = (status, body) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.method !== 'POST' || request.url !== authorizePath) return answer(404, { error: `no ${request.method} ${request.url}` });
    const body = JSON.parse(text);
    this.asked.push({ authorization: request.headers.authorization, body });
    if (this.refusal) return answer(this.refusal.status, this.refusal.body);
    if (request.headers.authorization !== `Bearer ${apiKey}`) return answer(400, { error: 'bad bearer' }); // yes, 400
    const conversation_id = body.conversation_id ?? `conv_${this.#keys + 1}`;
    const client_session_key = `key+/&= ${++this.#keys}`; // a key that must be escaped in a URL
    this.#sessions.set(client_session_key, conversation_id);
    return answer(200, {
      client_session_key,
      conversation_id,
      config: { transcription: { trigger: 'automatic', can_interrupt: true, automatic: true }, vad: { enabled: false } },
    });
  }

  #connect(request, socket, head) {
    const url = new URL(request.url, this.api);
    const key = url.searchParams.get('client_session_key');
    if (url.pathname !== socketPath || !this.#sessions.has(key)) {
      this.faults.push(`a front end came to ${request.url}`);
      return socket.destroy();
    }
    return this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
      new Session(this, webSocket, { conversation: this.#sessions.get(key), key: key.split(' ')[1] });
    });
  }
}

export const startCloud = () => Cloud.start();
