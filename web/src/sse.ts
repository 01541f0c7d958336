// Decoder for server-sent events. Text goes in as it arrives, whole messages come out.

export interface StreamMessage {
  id: string;
  event: string;
  data: string;
}

/** A message longer than this is dropped and counted: the gateway's are below 1 MiB. */
export const messageCharsMax = 2 * 1024 * 1024;

export class StreamDecoder {
  /** Id of the last whole message that had one; what `Last-Event-ID` asks for. */
  lastId = '';
  refused = 0;
  private rest = '';
  private event = '';
  private data: string[] = [];
  private dataChars = 0;
  private pendingId: string | null = null;
  private afterReturn = false;

  push(chunk: string): StreamMessage[] {
    const messages: StreamMessage[] = [];
    let text = this.rest + chunk;
    if (this.afterReturn && text.startsWith('\n')) text = text.slice(1);
    this.afterReturn = false;
    let from = 0;
    for (let at = from; at < text.length; at += 1) {
      const character = text[at];
      if (character !== '\n' && character !== '\r') continue;
      this.line(text.slice(from, at), messages);
      if (character === '\r') {
        if (at + 1 === text.length) this.afterReturn = true;
        else if (text[at + 1] === '\n') at += 1;
      }
      from = at + 1;
    }
    this.rest = text.slice(from);
    if (this.rest.length > messageCharsMax) {
      this.rest = '';
      this.dataChars = messageCharsMax + 1;
    }
    return messages;
  }

  private line(line: string, messages: StreamMessage[]): void {
    if (line === '') {
      this.finish(messages);
      return;
    }
    if (line.startsWith(':')) return;
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'event') this.event = value;
    else if (field === 'id' && !value.includes('\0')) this.pendingId = value;
    else if (field === 'data') {
      this.dataChars += value.length;
      if (this.dataChars <= messageCharsMax) this.data.push(value);
    }
  }

  private finish(messages: StreamMessage[]): void {
    if (this.pendingId !== null) this.lastId = this.pendingId;
    if (this.dataChars > messageCharsMax) this.refused += 1;
    else if (this.data.length > 0) {
      messages.push({ id: this.lastId, event: this.event || 'message', data: this.data.join('\n') });
    }
    this.event = '';
    this.data = [];
    this.dataChars = 0;
    this.pendingId = null;
  }
}
