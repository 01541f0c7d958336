import { expect, test } from 'vitest';
import { messageCharsMax, StreamDecoder } from './sse';

const sample = ': welcome\r\n\r\nid: 7\nevent: cluster\ndata: {"a":1}\n\nevent: gap\rdata:x\rdata: y\r\r:ping\n\nid: 8\ndata: z\n\n';
const wanted = [
  { id: '7', event: 'cluster', data: '{"a":1}' },
  { id: '7', event: 'gap', data: 'x\ny' },
  { id: '8', event: 'message', data: 'z' },
];

test('messages come out whole wherever the text was cut', () => {
  for (let cut = 0; cut <= sample.length; cut += 1) {
    const decoder = new StreamDecoder();
    const messages = [...decoder.push(sample.slice(0, cut)), ...decoder.push(sample.slice(cut))];
    expect(messages).toEqual(wanted);
  }
});

test('one character at a time is enough', () => {
  const decoder = new StreamDecoder();
  expect([...sample].flatMap((character) => decoder.push(character))).toEqual(wanted);
});

test('the last id is the one to resume from, and a half message does not count', () => {
  const decoder = new StreamDecoder();
  decoder.push('id: 5\ndata: a\n\nid: 6\ndata: b');
  expect(decoder.lastId).toBe('5');
  decoder.push('\n\n');
  expect(decoder.lastId).toBe('6');
});

test('a message that is too long is refused and counted, the next one is read', () => {
  const decoder = new StreamDecoder();
  const messages = decoder.push(`data: ${'x'.repeat(messageCharsMax + 1)}\n\ndata: ok\n\n`);
  expect(messages.map((message) => message.data)).toEqual(['ok']);
  expect(decoder.refused).toBe(1);
});

test('a line without an end does not grow without a bound', () => {
  const decoder = new StreamDecoder();
  for (let i = 0; i < 40; i += 1) decoder.push('x'.repeat(messageCharsMax / 10));
  expect(decoder.push('\n\ndata: ok\n\n').map((message) => message.data)).toEqual(['ok']);
  expect(decoder.refused).toBe(1);
});
