// trouble: what the banner says. Pure: from what is known to sentences that can be acted upon.

import { link } from './route.js';
import { duration, plural } from './format.js';

// troubles lists what an operator should know first, the worst first: {level, text, act, href, done, of}.
export function troubles({ info, topology, findings, lintCounts }) {
  const list = [];
  const add = (level, text, act, more = {}) => list.push({ level, text, act, ...more });
  if (info && info.stopping)
    add('error', 'tallystick is stopping.', 'No new sessions are taken; start it again, or let its twin serve.');
  if (info && info.reload && info.reload.good === false) {
    add(
      'error',
      `The last reload was refused: ${info.reload.message}`,
      'The configuration from before it still serves. Correct the line, then reload.',
    );
  }
  const sections = (topology && topology.sections) || [];
  for (const s of sections) {
    if (s.observe)
      add(
        'warning',
        `Section ${s.id} only observes: nothing is pushed.`,
        'Limits on the nodes do not see its sums. Take “mode observe” out to let it serve.',
      );
    if (!s.warm) {
      const left = s.warm_left_ms === null ? '' : ` It ends in ${duration(s.warm_left_ms)} at the latest.`;
      add(
        'warning',
        `Section ${s.id} is warming up: ${s.warm_heard} of ${plural(s.warm_expected, 'member')} have given their lesson.`,
        `No sum is pushed yet, so that none falls.${left}`,
        { done: s.warm_heard, of: s.warm_expected },
      );
    }
    if (s.misplaced)
      add(
        'warning',
        `Section ${s.id} got keys of another shard.`,
        'Compare the order of servers in the peers sections of all nodes.',
        { href: link('lint') },
      );
    const down = s.peers.filter((p) => p.state === 'down');
    if (down.length) {
      const names =
        down
          .slice(0, 3)
          .map((p) => p.name)
          .join(', ') + (down.length > 3 ? ` and ${down.length - 3} more` : '');
      add(
        'error',
        `${plural(down.length, 'peer')} of section ${s.id} ${down.length === 1 ? 'is' : 'are'} down: ${names}.`,
        'Their shares count until they expire, then the sums fall.',
        { href: down.length === 1 ? link('peer', s.id, down[0].name) : null },
      );
    }
  }
  const errors = findings
    ? findings.filter((f) => f.severity === 'error').length
    : (lintCounts && lintCounts.error) || 0;
  if (errors)
    add('error', `Lint has found ${plural(errors, 'error')}.`, 'Each comes with the line to change.', {
      href: link('lint'),
    });
  return list.sort((a, b) => (a.level === b.level ? 0 : a.level === 'error' ? -1 : 1));
}
