// SPDX-License-Identifier: MIT
//
// The agent of Layercode's guide for Express: its SDK, and Vercel's AI SDK, with the provider for
// whatever speaks as OpenAI does. What differs from the guide: the model is MODEL_URL's, and the
// signature is checked over the bytes that came.
import { Readable } from 'node:stream';
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import { streamResponse, verifySignature } from '@layercode/node-server-sdk';
import { streamText } from 'ai';
import express from 'express';

const secret = process.env.LAYERCODE_WEBHOOK_SECRET;
const modelUrl = process.env.MODEL_URL;
if (!secret || !modelUrl) throw new Error('LAYERCODE_WEBHOOK_SECRET and MODEL_URL are wanted');
const provider = createOpenAICompatible({ name: 'scripted', baseURL: modelUrl });
const system = process.env.PROMPT ?? '';

const conversations = new Map(); // as in the guide: for as long as the process lives

const app = express();
app.use(express.text({ type: 'application/json' }));

app.post('/agent', (req, res) => {
  const payload = typeof req.body === 'string' ? req.body : '';
  const signature = req.header('layercode-signature') || '';
  if (!verifySignature({ payload, signature, secret })) {
    res.status(401).send('Unauthorized');
    return;
  }
  const event = JSON.parse(payload);
  const messages = conversations.get(event.conversation_id) ?? [];
  conversations.set(event.conversation_id, messages);
  messages.push({ role: 'user', content: event.text });
  const response = streamResponse(event, async ({ stream }) => {
    const { textStream } = streamText({
      model: provider('script'),
      system,
      messages: [...messages],
      onFinish: ({ text }) => messages.push({ role: 'assistant', content: text }),
      onError: ({ error }) => console.error(error),
    });
    await stream.ttsTextStream(textStream);
    stream.end();
  });
  response.headers.forEach((value, key) => res.setHeader(key, value));
  res.status(response.status);
  Readable.fromWeb(response.body).pipe(res);
});

const server = app.listen(Number(process.env.PORT ?? 0), '127.0.0.1', () => {
  console.log(`express answers on http://127.0.0.1:${server.address().port}/agent`);
});
