import { mount } from 'svelte';
import './app.css';
import { applyPrefs } from './app/prefs.svelte';
import App from './shell/App.svelte';

applyPrefs();

// After an upgrade of the host, the code of a page may be gone: load the new shell, once. A host that is down is not
// upgraded, and a reload would lose the page.
window.addEventListener('vite:preloadError', () => {
  const last = Number(sessionStorage.getItem('jackfield.reloaded') ?? 0);
  if (Date.now() - last < 30_000) return;
  fetch('/', { cache: 'no-store' }).then(
    ({ ok }) => {
      if (!ok) return;
      sessionStorage.setItem('jackfield.reloaded', String(Date.now()));
      location.reload();
    },
    () => {},
  );
});

mount(App, { target: document.getElementById('app')! });
