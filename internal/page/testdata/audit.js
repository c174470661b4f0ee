// audit: what a screen reader and tired eyes need, looked for in whatever is shown now. It gives a list of faults.
(() => {
  const faults = [];
  const say = (what, el) => faults.push(`${what}: ${el.outerHTML.slice(0, 140)}`);
  const shown = (el) => el.checkVisibility({ checkVisibilityCSS: true }) && el.getClientRects().length > 0;
  const all = (selector) => [...document.querySelectorAll(selector)];

  // Everything that is pressed or written into has a name.
  const named = (el) =>
    (el.getAttribute('aria-label') || el.textContent || '').trim() || (el.labels && el.labels.length > 0) || el.getAttribute('aria-labelledby');
  for (const el of all('button, a[href], summary')) if (!named(el)) say('no name', el);
  for (const el of all('input, select, textarea')) {
    if (!(el.labels && el.labels.length) && !el.getAttribute('aria-label')) say('no label', el);
  }
  for (const el of all('[role=img], svg:not([aria-hidden]), progress, dialog, nav')) {
    if (!el.closest('[aria-hidden=true]') && !el.getAttribute('aria-label') && !el.getAttribute('aria-labelledby')) say('no label', el);
  }
  const ids = all('[id]').map((el) => el.id);
  ids.filter((id, i) => ids.indexOf(id) !== i).forEach((id) => faults.push(`two of id ${id}`));
  for (const el of all('[aria-labelledby], [aria-describedby], label[for]')) {
    for (const a of ['aria-labelledby', 'aria-describedby', 'for']) {
      const id = el.getAttribute(a);
      if (id && !document.getElementById(id)) say(`${a} names nothing`, el);
    }
  }
  if (all('h1').length !== 1) faults.push(`${all('h1').length} headings of the first level`);
  for (const el of all('thead th')) if (!el.getAttribute('scope')) say('no scope', el);
  if (!document.documentElement.lang) faults.push('no language');

  // Contrast of text with what lies below it: 4.5, and 3 for large or bold large text.
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const known = new Map(); // reading a pixel back is slow, and there are few colours
  const rgba = (colour) => {
    if (known.has(colour)) return known.get(colour);
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    known.set(colour, [r, g, b, a / 255]);
    return known.get(colour);
  };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const ground = (el) => {
    const layers = [];
    for (let e = el; e; e = e.parentElement) layers.push(rgba(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
  };
  const light = ([r, g, b]) => {
    const f = (v) => (v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b);
  };
  const contrast = (a, b) => {
    const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
    return (x + 0.05) / (y + 0.05);
  };
  let texts = 0;
  const look = (el, colour, below) => {
    texts++;
    const size = parseFloat(getComputedStyle(el).fontSize);
    const need = size >= 24 || (size >= 18.7 && +getComputedStyle(el).fontWeight >= 700) ? 3 : 4.5;
    const c = contrast(over(rgba(colour), below), below);
    if (c < need) say(`contrast ${c.toFixed(2)} of ${colour} on ${below.map(Math.round)}`, el);
  };
  for (const el of all('body *')) {
    const own = [...el.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !shown(el) || el.matches(':disabled') || ['TITLE', 'OPTION', 'NOSCRIPT'].includes(el.tagName)) continue;
    if (el.closest('svg')) {
      // In the drawing text lies on the box of its card, or on the panel.
      const box = el.closest('a, .us') && el.closest('a, .us').querySelector('.box');
      const below = box ? rgba(getComputedStyle(box).fill) : ground(el.closest('svg'));
      look(el, getComputedStyle(el).fill, over(below, ground(el.closest('svg'))));
    } else look(el, getComputedStyle(el).color, ground(el));
  }
  if (texts < 20) faults.push(`only ${texts} texts looked at`);

  // Colours of nodes are to be told from the ground: 3.
  const probe = document.body.appendChild(document.createElement('i'));
  for (let n = 0; n < 10; n++) {
    probe.style.color = `var(--n${n})`;
    probe.style.backgroundColor = 'var(--panel)';
    const c = contrast(rgba(getComputedStyle(probe).color), rgba(getComputedStyle(probe).backgroundColor));
    if (c < 3) faults.push(`colour n${n}: contrast ${c.toFixed(2)}`);
  }
  probe.remove();
  return faults;
})();
