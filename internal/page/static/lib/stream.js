// stream: server-sent events over fetch.
//
// Not EventSource: that one hides comments, so a connection that died without a word looks as good as one on
// which nothing happens; and it hides why an answer was refused. Here each byte is a sign of life.

import { BASE, Failure } from './api.js';

// createParser is told text as it comes and calls emit({event, data, id}) for each event that is whole. Pure.
export function createParser(emit) {
  let rest = '';
  let current = { event: 'message', data: [], id: null };
  const line = (text) => {
    if (text === '') {
      if (current.data.length) emit({ event: current.event, data: current.data.join('\n'), id: current.id });
      current = { event: 'message', data: [], id: null };
      return;
    }
    const at = text.indexOf(':');
    const name = at < 0 ? text : text.slice(0, at); // a comment has no name
    const value = at < 0 ? '' : text.slice(at + 1).replace(/^ /, '');
    if (name === 'data') current.data.push(value);
    else if (name === 'event') current.event = value;
    else if (name === 'id') current.id = value;
  };
  return (text) => {
    const lines = (rest + text).split(/\r\n|\n/);
    rest = lines.pop();
    lines.forEach(line);
  };
}

// listen reads events until the connection ends, which it always does with an error. heard() is called for
// whatever comes, event(name, data, id) for each event.
export async function listen(query, lastID, signal, heard, event) {
  const headers = { Accept: 'text/event-stream' };
  if (lastID) headers['Last-Event-ID'] = lastID;
  let response;
  try {
    response = await fetch(BASE + 'events' + query, { headers, signal, cache: 'no-store', credentials: 'same-origin' });
  } catch (err) {
    throw signal.aborted ? err : new Failure(0);
  }
  if (!response.ok) throw new Failure(response.status, await response.json().catch(() => null));
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  const feed = createParser(({ event: name, data, id }) => event(name, JSON.parse(data), id));
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Failure(0, { error: { message: 'the connection was closed' } });
    heard();
    feed(value);
  }
}
