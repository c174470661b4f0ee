// theme: light, dark, or as the system has it. What was chosen is kept in this browser.

import { useEffect, useState } from './preact.js';

const KEPT = 'tallystick-theme';
const ORDER = ['auto', 'light', 'dark'];

// A browser may forbid to keep anything; then the choice lasts as long as the page.
function kept() {
  try {
    return localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function keep(theme) {
  try {
    localStorage.setItem(KEPT, theme);
  } catch {
    // see kept
  }
}

// useTheme gives [chosen, next(), shown]: shown is "light" or "dark", whoever has decided that.
export function useTheme() {
  const [chosen, choose] = useState(() => (ORDER.includes(kept()) ? kept() : 'auto'));
  const system = matchMedia('(prefers-color-scheme: dark)');
  const [dark, setDark] = useState(system.matches);
  useEffect(() => {
    const change = (e) => setDark(e.matches);
    system.addEventListener('change', change);
    return () => system.removeEventListener('change', change);
  }, []);
  // Before anything is drawn: charts read their colours when they are made.
  if (chosen === 'auto') delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = chosen;
  const next = () => {
    // From what is chosen then, not as of the last drawing: a key may be pressed twice in between.
    choose((old) => {
      const theme = ORDER[(ORDER.indexOf(old) + 1) % ORDER.length];
      keep(theme);
      return theme;
    });
  };
  return [chosen, next, chosen === 'auto' ? (dark ? 'dark' : 'light') : chosen];
}
