// api: questions to the API, and its errors in words that can be acted upon.

// The page may lie below a path of a proxy, so addresses are relative to the page.
export const BASE = 'api/v1/';

const ADVICE = {
  0: 'No answer: is tallystick running, and is the way to it open? The page tries again by itself.',
  401: 'Sign in again: the credentials of the http line are asked for.',
  403: 'Not allowed: the http line of the configuration says who may do this (auth, admin).',
  404: 'It may have gone with a reload, or the address has a typing error.',
  413: 'That is more than the API takes at once.',
  429: 'Too many questions at once; it is asked again in a moment.',
  503: 'tallystick is starting or stopping.',
};

// Failure is an answer that is none. status 0: nothing came at all.
export class Failure extends Error {
  constructor(status, body) {
    const said = (body && body.error) || {};
    super(said.message || (status ? `the API answers ${status}` : 'no answer from tallystick'));
    this.status = status;
    this.code = said.code || '';
    this.meant = said.did_you_mean || null;
    this.advice = ADVICE[status] || '';
  }
}

// call asks for a path below BASE and gives what the JSON says, or throws a Failure.
export async function call(path, options = {}) {
  let response;
  try {
    response = await fetch(BASE + path, { cache: 'no-store', credentials: 'same-origin', ...options });
  } catch (err) {
    if (err.name === 'AbortError') throw err;
    throw new Failure(0);
  }
  let body = null;
  try {
    body = await response.json();
  } catch (err) {
    if (err.name === 'AbortError') throw err;
    if (response.ok)
      throw new Failure(response.status, { error: { message: 'the answer is no JSON; is a proxy in between?' } });
  }
  if (!response.ok) throw new Failure(response.status, body);
  return body;
}

export function post(path, value, options = {}) {
  return call(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(value),
    ...options,
  });
}
