// shell: what stands above every view: where one can go, the search, and whether the figures are of now.

import { App, html, useContext, useEffect, useLive, useNow, useRef, useState } from './preact.js';
import { Text, Time } from './bits.js';
import { Icon } from './icons.js';
import { clock, duration } from '../lib/format.js';
import { link } from '../lib/route.js';
import { middle, visible } from '../lib/text.js';

export const VIEWS = [
  ['overview', 'Overview'],
  ['tables', 'Tables'],
  ['lint', 'Lint'],
  ['events', 'Events'],
  ['adopt', 'Adopt'],
];
const INSIDE = { peer: 'overview', table: 'tables', key: 'tables', find: 'tables' };

function Nav({ view }) {
  const { findings, lintCounts } = useLive();
  const errors = findings
    ? findings.filter((f) => f.severity === 'error').length
    : (lintCounts && lintCounts.error) || 0;
  const here = INSIDE[view] || view;
  return html`<nav aria-label="views">${VIEWS.map(
    ([name, word]) =>
      html`<a key=${name} href=${link(name)} aria-current=${here === name ? 'page' : undefined}>${word}${
        name === 'lint' && errors
          ? html` <span class="badge" title=${`${errors} errors`}>${errors}<span class="hidden"> errors</span></span>`
          : ''
      }</a>`,
  )}</nav>`;
}

function Search() {
  const [key, setKey] = useState('');
  const go = (e) => {
    e.preventDefault();
    if (key) location.hash = link('find', key);
  };
  return html`<form class="search" role="search" onSubmit=${go}>
    <${Icon} name="search" />
    <label class="hidden" for="search">search a key in all tables</label>
    <input id="search" type="search" value=${key} placeholder="key in all tables" spellcheck=${false}
      autocomplete="off" onInput=${(e) => setKey(e.target.value)} />
    <kbd aria-hidden="true">/</kbd>
  </form>`;
}

// Link says in a corner that all is live, and how old the newest figure is.
function Link() {
  const { link: state, heard } = useLive();
  useNow();
  const age = heard ? Date.now() - heard : null;
  const words = { live: 'live', stale: 'stale', paused: 'paused', connecting: 'connecting' };
  return html`<span class=${'link l-' + state}
    title=${heard ? `last heard ${duration(age)} ago` : 'nothing heard yet'}><i></i>${words[state]}</span>`;
}

// Stale stands above all when what is shown is old. Nobody may read it as new.
function Stale() {
  const { live } = useContext(App);
  const { link: state, heard, error, retryAt, tick } = useLive();
  useNow();
  if (state === 'live' || (state === 'connecting' && !error))
    return html`<div class="hidden" role="status">${state === 'live' ? 'connected' : ''}</div>`;
  const since = heard
    ? `${clock(heard, Date.now())} (${duration(Math.max(0, Math.floor((Date.now() - heard) / 1000) * 1000))} ago)`
    : '';
  const wait = retryAt ? Math.max(0, Math.ceil((retryAt - Date.now()) / 1000)) : 0;
  return html`<div class="stale-banner" role="alert">
    <${Icon} name="warning" />
    <div><b>${tick ? `Stale since ${since}.` : 'No connection yet.'}</b> ${tick ? 'Everything below is old. ' : ''}
      ${
        error
          ? html`<${Text} v=${error.message}
        max=${200} />. ${error.advice || ''}`
          : state === 'paused'
            ? 'Paused while nobody looked.'
            : ''
      }
      ${wait ? ` Next try in ${wait} s.` : ' Trying now …'}</div>
    <button type="button" onClick=${live.seen}>Try now</button>
  </div>`;
}

export function Shell({ route, theme, nextTheme, help, children }) {
  const { info, link: state, tick } = useLive();
  const { live } = useContext(App);
  const main = useRef(null);
  const host = info ? info.host : '';
  // A new view is said, and the keyboard goes on from its heading.
  const first = useRef(true);
  const place = [route.view, route.section, route.table, route.peer, route.key].join('\n');
  useEffect(() => {
    if (first.current) first.current = false;
    else {
      scrollTo(0, 0);
      const heading = main.current.querySelector('h1');
      if (heading) heading.focus({ preventScroll: true });
    }
  }, [place]);
  useEffect(() => {
    const word = route.table || route.peer || (VIEWS.find(([v]) => v === route.view) || [])[1] || 'key';
    document.title = `${state === 'live' ? '' : '(old) '}${visible(middle(word, 40))} · ${visible(host || 'tallystick')}`;
  }, [place, state, host]);
  return html`
    <a class="skip" href="#main" onClick=${(e) => {
      e.preventDefault();
      main.current.focus();
    }}>to the content</a>
    <header class="top">
      <a class="brand" href="#/" aria-label="tallystick, overview"><svg viewBox="0 0 32 32" aria-hidden="true">
        <path d="M8 7v18M13 7v18M18 7v18M23 7v18" /><path class="cross" d="M4 22 27.500 10" /></svg><span>
          <b>tallystick</b><small><${Text} v=${host || '…'} max=${28} /></small></span></a>
      <${Nav} view=${route.view} />
      <${Search} />
      <${Link} />
      <button type="button" class="quiet square" onClick=${nextTheme} aria-label=${`colours: ${theme}`}
        title=${`colours: ${theme} (t)`}><${Icon} name=${{ auto: 'auto', light: 'sun', dark: 'moon' }[theme]} />
          </button>
      <button type="button" class="quiet square" onClick=${help} aria-label="help and shortcuts"
        title="help and shortcuts (?)"><${Icon} name="help" /></button>
    </header>
    <${Stale} />
    <main id="main" tabindex="-1" ref=${main} class=${tick && state !== 'live' ? 'old' : ''}>${children}</main>
    <footer><span>Times are local, UTC on hover; numbers are exact on hover.</span>
      <span class="only-print">${host}, as of <${Time} at=${live.now()} /></span>
        <span>tallystick ${info ? info.version : ''}</span></footer>`;
}
