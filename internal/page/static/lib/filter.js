// filter: the words of HAProxy's "show table" as typed into the filter field. Pure.

const OPERATORS = ['eq', 'ne', 'lt', 'le', 'gt', 'ge'];
const MOST = 4; // as in HAProxy

// columnNames lists what a filter may name: of an array each element, as HAProxy prints it (gpc0, gpc1_rate).
export function columnNames(columns) {
  return columns.flatMap((c) => {
    if (!c.elements) return [c.name];
    const [base, ...rest] = c.name.split('_');
    return Array.from({ length: c.elements }, (_, i) => [base + i, ...rest].join('_'));
  });
}

// parse reads "data.http_req_rate gt 100 data.conn_cur ge 1" or "key 192.0.2.1". It gives filters as the API
// takes them, or an error that says which word is wrong and what could stand there.
export function parse(text, columns) {
  const words = text.trim().split(/\s+/).filter(Boolean);
  const result = { filters: [], key: null, error: null };
  const wrong = (error) => ({ filters: [], key: null, error });
  const names = columnNames(columns.filter((c) => c.kind !== 'text'));
  for (let i = 0; i < words.length;) {
    if (words[i] === 'key') {
      if (!words[i + 1]) return wrong('after “key” comes the key');
      result.key = words[i + 1];
      i += 2;
      continue;
    }
    if (!words[i].startsWith('data.')) return wrong(`“${words[i]}”: a filter begins with data.COLUMN or key`);
    const column = words[i].slice(5);
    const known = names.includes(column) || columns.some((c) => c.name === column) || /^\w+\[\d+\]$/.test(column);
    if (!known) return wrong(`this table has no column “${column}”; it has ${names.join(', ')}`);
    if (!OPERATORS.includes(words[i + 1])) return wrong(`after “${words[i]}” comes one of ${OPERATORS.join(', ')}`);
    if (!/^-?\d+$/.test(words[i + 2] || '')) return wrong(`after “${words[i]} ${words[i + 1]}” comes a whole number`);
    result.filters.push(words.slice(i, i + 3).join(' '));
    if (result.filters.length > MOST) return wrong(`at most ${MOST} filters are possible, as in HAProxy`);
    i += 3;
  }
  return result;
}
