// SPDX-License-Identifier: MIT
// A web page without a browser: the official js-sdk, text only, and all that it tells the page.
import LayercodeClient from '@layercode/js-sdk';
import { WebSocket } from 'ws';
import { Record } from './record.mjs';

globalThis.WebSocket ??= WebSocket; // node has one since 22

// The SDK comments on every step; a test that fails shows what the page was told instead.
for (const level of ['log', 'debug', 'warn', 'error']) console[level] = () => {};

export class FrontEnd {
  seen = new Record('what the page was told'); // { on: 'message', ... }

  // `socketUrl`: where the cloud is.
  constructor({ authorizeUrl, socketUrl, ...options }) {
    const tell = (on) => (what) => this.seen.push({ on, ...what });
    this.client = new LayercodeClient({
      agentId: 'ag_1',
      authorizeSessionEndpoint: authorizeUrl,
      audioInput: false,
      audioOutput: false,
      enableVAD: false,
      enableAmplitudeMonitoring: false,
      onConnect: tell('connect'),
      onDisconnect: tell('disconnect'),
      onError: (error) => this.seen.push({ on: 'error', message: error.message }),
      onMessage: tell('message'),
      onDataMessage: tell('data'),
      onStatusChange: (status) => this.seen.push({ on: 'status', status }),
      ...options,
    });
    this.client._websocketUrl = socketUrl; // no option for it; connect() reads the property
  }

  // What the client has been told so far; with a type, only messages of that type.
  all(on, type) {
    return this.seen.items.filter((item) => item.on === on && (!type || item.type === type));
  }
  get statuses() {
    return this.all('status').map(({ status }) => status);
  }

  // The first message of that type that comes after the first `from` items.
  message(type, from = 0) {
    return this.seen.until((item) => item.on === 'message' && item.type === type, type, from);
  }
  // The next whole text of the assistant.
  async answer(from = 0) {
    const { content } = await this.message('response.text', from);
    return content;
  }
  // Says it, and waits for the answer.
  async say(text) {
    const from = this.seen.items.length;
    await this.client.sendClientResponseText(text);
    return this.answer(from);
  }
  // Sends it, and waits for the answer.
  async send(data) {
    const from = this.seen.items.length;
    await this.client.sendClientResponseData(data);
    return this.seen.until(({ on }) => on === 'data', 'an answer to the data', from);
  }
}
