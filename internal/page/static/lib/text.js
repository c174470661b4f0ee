// text: keys and names of strangers, made fit to be looked at. Pure. What comes out is text, never markup.

// What does not show, or moves what stands beside it: control characters, marks of direction, blanks of no
// width, separators of lines, tags, and halves of pairs. An operator must see that they are there.
const HIDDEN = new RegExp(
  '[\\u0000-\\u001f\\u007f-\\u00a0\\u00ad\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180e\\u1680\\u2000-\\u200f' +
    '\\u2028-\\u202f\\u205f-\\u206f\\u3000\\u3164\\ufe00-\\ufe0f\\ufeff\\uffa0\\ufff0-\\ufffb\\u{e0000}-\\u{e0fff}]' +
    '|\\p{Surrogate}|\\p{Private_Use}|\\p{Unassigned}',
  'u',
);
const MARK = /\p{Mark}/u;
// A letter may carry two marks, as some languages need. Towers of them reach into other lines.
const MARKS = 2;

// escaped writes a character as its code point: \x00 as the runtime CLI does, \u{202e} above that.
export function escaped(c) {
  const n = c.codePointAt(0);
  return n < 0x100 ? '\\x' + n.toString(16).padStart(2, '0') : '\\u{' + n.toString(16) + '}';
}

// pieces divides a text into what shows as it is and what is shown as an escape.
export function pieces(s) {
  const out = [];
  let marks = 0;
  for (const c of String(s)) {
    marks = MARK.test(c) ? marks + 1 : 0;
    const hide = HIDDEN.test(c) || marks > MARKS || (marks > 0 && out.length === 0);
    const text = hide ? escaped(c) : c;
    const last = out[out.length - 1];
    if (last && last.hide === hide) last.text += text;
    else out.push({ text, hide });
  }
  return out;
}

// visible is the same in one string, for titles, labels of charts and the SVG drawing.
export function visible(s) {
  return pieces(s)
    .map((p) => p.text)
    .join('');
}

// middle cuts a text in its middle to at most max characters: keys often differ at their end.
export function middle(s, max) {
  // A key may be 16 KiB: only its ends are looked at.
  const all = Array.from(s.length > 4 * max ? s.slice(0, 2 * max) + s.slice(-2 * max) : s);
  if (all.length <= max) return s;
  const tail = Math.floor((max - 1) * 0.4);
  return all.slice(0, max - 1 - tail).join('') + '…' + (tail ? all.slice(-tail).join('') : '');
}

// full is what a title shows of a key: all of it, unless it is huge.
export function full(s, max = 1500) {
  return s.length <= max ? visible(s) : `${visible(middle(s, max))} (${s.length} characters; copy takes all)`;
}
