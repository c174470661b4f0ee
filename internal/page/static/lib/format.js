// format: numbers, sizes and times as people read them. Pure; the exact value goes into a title beside it.

const UNITS = ['', 'k', 'M', 'G', 'T', 'P'];
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
// A narrow blank that does not break: digits are grouped without saying whether a comma is a point.
const THIN = '\u202f';

// grouped writes all digits of a number, in threes.
export function grouped(n) {
  const [whole, rest] = String(n).split('.');
  return whole.replace(/\B(?=(\d{3})+$)/g, THIN) + (rest ? '.' + rest : '');
}

// three keeps three significant digits: 58210 is 58.2, 412806 is 413, 1204118 is 1.20.
function three(n) {
  return n >= 100 ? String(Math.round(n)) : n >= 10 ? n.toFixed(1) : n.toFixed(2);
}

// human writes up to 99 999 exactly, and above it three digits with a unit. Unknown is a dash, never 0.
export function human(n) {
  if (typeof n !== 'number' || !Number.isFinite(n)) return '–';
  if (Math.abs(n) < 100000) return grouped(Number.isInteger(n) ? n : Number(n.toFixed(n < 10 ? 1 : 0)));
  let unit = 0;
  let v = Math.abs(n);
  while (v >= 999.5 && unit < UNITS.length - 1) {
    v /= 1000;
    unit++;
  }
  return (n < 0 ? '-' : '') + three(v) + UNITS[unit];
}

// short is human from 1000 on, for where room is tight: 21840 is 21.8k.
export function short(n) {
  if (typeof n !== 'number' || Math.abs(n) < 1000 || Math.abs(n) >= 100000) return human(n);
  const v = Math.abs(n) / 1000;
  return (n < 0 ? '-' : '') + (v >= 99.95 ? '100' : three(v)) + 'k';
}

// exact is what a title says. Beyond 2^53 a number of JSON has lost its last digits on the way.
export function exact(n) {
  if (typeof n !== 'number') return n === null || n === undefined ? 'not known' : String(n);
  return (Number.isSafeInteger(n) || !Number.isInteger(n) ? '' : 'about ') + String(n);
}

export function bytes(n) {
  if (typeof n !== 'number') return '–';
  let unit = 0;
  while (n >= 1023.5 && unit < BINARY.length - 1) {
    n /= 1024;
    unit++;
  }
  return (unit ? three(n) : String(n)) + THIN + BINARY[unit];
}

// duration names the two largest units that are not 0. Milliseconds in.
export function duration(ms) {
  if (typeof ms !== 'number' || ms < 0) return '–';
  if (ms < 1000) return Math.round(ms) + THIN + 'ms';
  if (ms < 9950) return (ms / 1000).toFixed(1) + THIN + 's';
  let left = Math.round(ms / 1000);
  const said = [];
  for (const [name, size] of [
    ['d', 86400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ]) {
    const n = Math.floor(left / size);
    left -= n * size;
    if (n || said.length) said.push(n + THIN + name);
    if (said.length === 2) break;
  }
  return said.filter((s) => !s.startsWith('0')).join(' ');
}

const two = (n) => String(n).padStart(2, '0');

// clock is the local time of day, with the date in front if that is not today.
export function clock(ms, today) {
  const t = new Date(ms);
  const time = `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
  const day = `${t.getFullYear()}-${two(t.getMonth() + 1)}-${two(t.getDate())}`;
  return new Date(today).toDateString() === t.toDateString() ? time : `${day} ${time}`;
}

// utc is what hovering over a time shows.
export function utc(ms) {
  return new Date(ms).toISOString().replace('T', ' ').replace('Z', ' UTC');
}

// percent of a part, coarse: what is there is never 0 %, and what is missing never 100 %.
export function percent(part, whole) {
  if (!whole) return '0' + THIN + '%';
  const p = (100 * part) / whole;
  const shown = p > 0 && p < 1 ? '<1' : p < 100 && p > 99 ? '>99' : String(Math.round(p));
  return shown + THIN + '%';
}

export function plural(n, one, many) {
  return `${human(n)} ${n === 1 ? one : many || one + 's'}`;
}
