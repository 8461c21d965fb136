// SPDX-License-Identifier: MIT
// A real `patchbay serve` on a port of its own, and the webhooks that a pipeline sends it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const build = process.env.PATCHBAY_BUILD;
assert(build, 'PATCHBAY_BUILD must name the build directory, eg: PATCHBAY_BUILD=build/debug');

export const secret = 'whsec_test_0123456789';
export const plugin = (name) => join(build, 'plugins', `${name}.so`);
export const probe = join(build, 'fixtures', 'probe.so'); // its commands: tests/fixtures/probe.cc

export const unixTime = () => Math.floor(Date.now() / 1000);

// The MAC of protocol §3.1, in hex. `time` is hashed as it is written.
export const mac = (time, body, key = secret) => createHmac('sha256', key).update(`${time}.`).update(body).digest('hex');

export const signature = (body, key = secret, time = unixTime()) => `t=${time},v1=${mac(time, body, key)}`;

class Host {
  #process;
  #directory;
  #log = '';
  port = 0;

  // What the host says on standard error.
  get log() {
    return this.#log;
  }
  url(path) {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  // Resolves when it answers. `config` is the text of a TOML file.
  static async start({ arguments: further = [], config, environment = {} }) {
    const host = new Host();
    const all = ['serve', '--listen', '127.0.0.1:0', ...further];
    if (config !== undefined) {
      host.#directory = mkdtempSync(join(tmpdir(), 'patchbay-oracle-'));
      const file = join(host.#directory, 'patchbay.toml');
      writeFileSync(file, config);
      all.push('--config', file);
    }
    // Whatever Layercode account the machine has, no test may use it.
    const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LAYERCODE_')));
    host.#process = spawn(join(build, 'patchbay'), all, {
      env: { ...clean, LAYERCODE_WEBHOOK_SECRET: secret, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    process.once('exit', () => host.#process.kill('SIGKILL')); // a failed test leaves nothing behind
    host.#process.stderr.setEncoding('utf8').on('data', (text) => (host.#log += text));
    await host.#untilItAnswers();
    return host;
  }

  #untilItAnswers() {
    let output = '';
    return new Promise((resolve, reject) => {
      this.#process.stdout.setEncoding('utf8').on('data', (text) => {
        output += text;
        this.port ||= Number(/http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1] ?? 0);
        if (this.port) resolve();
      });
      this.#process.once('error', reject);
      this.#process.once('close', (code) => reject(new Error(`patchbay ended with ${code}: ${output}${this.#log}`)));
    });
  }

  // Asks it to stop, and wants a clean end: no test may leave it broken.
  async stop() {
    const ended = once(this.#process, 'close');
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGTERM');
      await ended;
    }
    if (this.#directory) rmSync(this.#directory, { recursive: true });
    assert.equal(this.#process.exitCode, 0, `patchbay ended badly: ${this.#log}`);
  }
}

export const startHost = (setup) => Host.start(setup);

// One POST on a connection of `agent`; the answer's head, its body still to be read.
export function post(url, { headers = {}, body, agent, signal }) {
  return new Promise((resolve, reject) => {
    const request = http.request(url, {
      method: 'POST',
      agent,
      signal,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
    });
    request.once('error', reject);
    request.once('response', (response) => resolve(response));
    request.end(body);
  });
}

export async function textOf(response) {
  let text = '';
  for await (const piece of response.setEncoding('utf8')) text += piece;
  return text;
}

// The events of a reply, each as soon as its bytes are there. Stricter than EventSource: one line
// `data: {json}` and an empty one, or it throws (protocol §2.2).
export async function* eventsOf(response) {
  let rest = '';
  for await (const piece of response.setEncoding('utf8')) {
    const blocks = (rest + piece).split('\n\n');
    rest = blocks.pop();
    for (const block of blocks) {
      assert.match(block, /^data: [^\r\n]*$/, 'an event is one line of data');
      yield JSON.parse(block.slice('data: '.length));
    }
  }
  assert.equal(rest, '', 'a reply ends with an event');
}
