// route: which view a URL's hash names, and the hash of a view. Pure.
//
//   #/                                   overview            #/lint  #/events  #/adopt
//   #/peers/SECTION/PEER                 one peer            #/find/KEY   a key in all tables
//   #/tables                             all tables
//   #/tables/SECTION/TABLE?by=..&n=..&filter=..
//   #/tables/SECTION/TABLE/key/KEY

const PLAIN = { '': 'overview', tables: 'tables', lint: 'lint', events: 'events', adopt: 'adopt' };

// encode makes a word fit for one segment of a path. Half of a surrogate pair cannot be encoded: it is replaced.
export function encode(word) {
  return encodeURIComponent(String(word).toWellFormed());
}

// pathWord is encode for a path of the API. Browsers take "." and ".." out of a path, also when they are
// percent-encoded, so those two keys go as the API prints what is not plain: \x2e.
export function pathWord(word) {
  return /^\.{1,2}$/.test(word) ? encode(word.replaceAll('.', '\\x2e')) : encode(word);
}

export function link(view, ...words) {
  const path = { peer: 'peers', find: 'find', table: 'tables', key: 'tables' }[view];
  if (view === 'overview') return '#/';
  if (!path) return '#/' + view;
  const [section, table, key] = words.map(encode);
  if (view === 'key') return `#/tables/${section}/${table}/key/${key}`;
  return '#/' + [path, ...words.map(encode)].join('/');
}

// withQuery is a hash with some of its parameters set; null takes one away.
export function withQuery(hash, changes) {
  const [path, query] = hash.split('?');
  const params = new URLSearchParams(query || '');
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === '') params.delete(name);
    else params.set(name, value);
  }
  const text = params.toString();
  return path + (text ? '?' + text : '');
}

export function parse(hash) {
  const [path, query] = hash.replace(/^#?\/?/, '').split('?');
  const params = new URLSearchParams(query || '');
  let words;
  try {
    words = path.split('/').map(decodeURIComponent);
  } catch {
    return { view: 'lost', params }; // a % that encodes nothing
  }
  const [first, section, name, word, key] = words;
  if (words.length === 1 && first in PLAIN) return { view: PLAIN[first], params };
  if (first === 'find' && words.length === 2) return { view: 'find', key: section, params };
  if (first === 'peers' && words.length === 3) return { view: 'peer', section, peer: name, params };
  if (first === 'tables' && words.length === 3) return { view: 'table', section, table: name, params };
  if (first === 'tables' && word === 'key' && words.length === 5)
    return { view: 'key', section, table: name, key, params };
  return { view: 'lost', params };
}
