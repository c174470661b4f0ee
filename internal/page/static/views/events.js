// events: the log as it happens. Pausing stops the drawing, not the listening.

import { html, useLive, useEffect, useRef, useState } from '../parts/preact.js';
import { Copy, Empty, Text, Time } from '../parts/bits.js';
import { Icon } from '../parts/icons.js';
import { link } from '../lib/route.js';
import { plural } from '../lib/format.js';

// LEVELS are those of the log line, the worst first.
const LEVELS = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'];
const look = (level) => (LEVELS.indexOf(level) <= 3 ? 'error' : level === 'warning' ? 'warning' : 'notice');

function Line({ l }) {
  return html`<li class=${'event v-' + look(l.level)}>
    <${Time} at=${l.at} />
    <span class="level"><${Icon} name=${look(l.level)} />${l.level}</span>
    <span class="said"><${Text} v=${l.text} max=${1200} /></span>
    ${
      l.section && l.peer
        ? html`<a href=${link('peer', l.section, l.peer)}><${Text} v=${l.peer} max=${24} /></a>`
        : html`<span></span>`
    }
  </li>`;
}

export function Events() {
  const { logs, dropped } = useLive();
  const [level, setLevel] = useState('debug');
  const [word, setWord] = useState('');
  const [held, hold] = useState(null); // the lines as of when it was paused
  const button = useRef(null);
  const all = held || logs;
  const deepest = LEVELS.indexOf(level);
  const wanted = word.trim().toLowerCase();
  const shown = all.filter(
    (l) => LEVELS.indexOf(l.level) <= deepest && (!wanted || l.text.toLowerCase().includes(wanted)),
  );
  const waiting = held ? logs.filter((l) => l.n > (held.at(-1)?.n || 0)).length : 0;

  // p pauses, as the list of shortcuts says.
  useEffect(() => {
    const press = () => button.current.click();
    document.addEventListener('tallystick-pause', press);
    return () => document.removeEventListener('tallystick-pause', press);
  }, []);

  return html`<div class="view">
    <div class="head"><h1 tabindex="-1">Events</h1><span class="facts">
      <span>the newest first; the log file has all of them</span></span></div>
    <div class="bar sticky">
      <label for="level">Level</label>
      <select id="level" value=${level} onChange=${(e) => setLevel(e.target.value)}>${LEVELS.map(
        (l) => html`<option
        key=${l} value=${l}>${l === 'debug' ? 'all' : `${l} and worse`}</option>`,
      )}</select>
      <span class="pair"><label for="words">With</label>
      <input id="words" type="search" value=${word} placeholder="text" onInput=${(e) => setWord(e.target.value)} /></span>
      <button type="button" ref=${button} aria-pressed=${held !== null} onClick=${() => hold(held ? null : logs)}>
        <${Icon} name=${held ? 'play' : 'pause'} />${held ? 'Go on' : 'Pause'}
      </button>
      <span class="muted" role="status">${plural(shown.length, 'line')}${
        held ? `, paused: ${waiting} more since` : ''
      }${dropped ? `; ${dropped} came too fast to be sent` : ''}</span>
      ${
        shown.length
          ? html`<${Copy} text=${shown.map((l) => `${l.at} ${l.level} ${l.text}`).join('\n')}
        what="the lines shown" />`
          : ''
      }
    </div>
    ${
      shown.length
        ? html`<ol class="events" aria-label="events" reversed>${[...shown].reverse().map(
            (l) => html`<${Line}
          key=${l.n} l=${l} />`,
          )}</ol>`
        : html`<${Empty}>${all.length ? 'No line is like that: change level or text.' : 'Nothing has happened since the page was opened.'}<//>`
    }
  </div>`;
}
